//! What is recorded of business events, one recorder a file.

mod auth;
mod automation;
mod margin_guard;
mod pages;
mod payments;
mod queues;

pub use auth::Authentication;
pub use automation::{AutomationStatus, Automations};
pub use margin_guard::MarginGuard;
pub use pages::Pages;
pub use payments::{PaymentStatus, Payments};
pub use queues::Queues;

use std::ops::Deref;

use crate::call::Labels;
use crate::instruments::{CounterFamily, GaugeFamily, HistogramFamily, Instruments};
use crate::outcome::Outcome;

/// What an attribute records its calls as.
#[derive(Debug, Clone, Copy)]
pub enum Recorder {
    /// Automation executions; labels: type.
    Automation,
    /// Margin guard actions; labels: action, plan.
    MarginGuard,
}

/// The values of a series' labels, in the order of the catalogue.
pub(crate) struct LabelValues<'a> {
    values: [&'a str; 3],
    count: usize,
}

impl<'a, const N: usize> From<[&'a str; N]> for LabelValues<'a> {
    fn from(given: [&'a str; N]) -> Self {
        let mut values = [""; 3];
        values[..N].copy_from_slice(&given);
        Self { values, count: N }
    }
}

impl<'a> Deref for LabelValues<'a> {
    type Target = [&'a str];

    fn deref(&self) -> &[&'a str] {
        &self.values[..self.count]
    }
}

impl Recorder {
    /// The series that counts a call with this outcome.
    pub(crate) fn counter<'a>(
        self,
        instruments: &'a Instruments,
        Labels([first, second]): &'a Labels,
        outcome: Outcome,
    ) -> (&'a CounterFamily, LabelValues<'a>) {
        match self {
            Self::Automation => {
                let status = AutomationStatus::from(outcome).as_str();
                let executions = &instruments.automation_executions;
                (executions, [first, status].into())
            }
            Self::MarginGuard => (&instruments.margin_guard_actions, [&**first, second].into()),
        }
    }

    /// The series that says how long a call with this outcome took.
    pub(crate) fn duration<'a>(
        self,
        instruments: &'a Instruments,
        Labels([first, second]): &'a Labels,
        outcome: Outcome,
    ) -> (&'a HistogramFamily, LabelValues<'a>) {
        let status = AutomationStatus::from(outcome).as_str();
        match self {
            Self::Automation => (&instruments.automation_duration, [first, status].into()),
            Self::MarginGuard => (
                &instruments.margin_guard_duration,
                [first, second, status].into(),
            ),
        }
    }

    /// The series of the calls under way.
    pub(crate) fn in_flight<'a>(
        self,
        instruments: &'a Instruments,
        Labels([first, second]): &'a Labels,
    ) -> (&'a GaugeFamily, LabelValues<'a>) {
        match self {
            Self::Automation => (&instruments.automations_in_flight, [&**first].into()),
            Self::MarginGuard => (
                &instruments.margin_guard_in_flight,
                [&**first, second].into(),
            ),
        }
    }

    /// The span attributes of the labels.
    pub(crate) fn attribute_names(self) -> &'static [&'static str] {
        match self {
            Self::Automation => &[automation::TYPE],
            Self::MarginGuard => &[margin_guard::ACTION, margin_guard::PLAN],
        }
    }
}
