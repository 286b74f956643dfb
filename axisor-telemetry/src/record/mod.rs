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

use std::time::Duration;

use crate::call::{Count, Labels};
use crate::instruments::{CounterFamily, Instruments};
use crate::outcome::Outcome;
use crate::scope::Scope;

/// What an attribute records its calls as.
#[derive(Debug, Clone, Copy)]
pub enum Recorder {
    /// Automation executions; labels: type.
    Automation,
    /// Margin guard actions; labels: action, plan.
    MarginGuard,
}

impl Recorder {
    /// The series that counts a call with this outcome, `None` if it is not counted.
    pub(crate) fn series<'a>(
        self,
        instruments: &'a Instruments,
        labels: &'a Labels,
        outcome: Outcome,
        count: Count,
    ) -> Option<(&'a CounterFamily, [&'a str; 2])> {
        let [first, second] = &labels.0;
        match self {
            Self::Automation => Some(automation::series(instruments, first, outcome)),
            Self::MarginGuard if count == Count::Success && outcome == Outcome::Failure => None,
            Self::MarginGuard => Some((&instruments.margin_guard_actions, [first, second])),
        }
    }

    /// Says that so many more calls are under way.
    pub(crate) fn in_flight(self, scope: &Scope, labels: &Labels, more: f64) {
        let [first, second] = &labels.0;
        let instruments = &scope.instruments;
        match self {
            Self::Automation => instruments.automations_in_flight.with(&[first]),
            Self::MarginGuard => instruments.margin_guard_in_flight.with(&[first, second]),
        }
        .add(more);
    }

    /// Records how long a call took.
    pub(crate) fn duration(self, scope: &Scope, labels: &Labels, outcome: Outcome, took: Duration) {
        let [first, second] = &labels.0;
        let status = AutomationStatus::from(outcome).as_str();
        let instruments = &scope.instruments;
        match self {
            Self::Automation => instruments.automation_duration.with(&[first, status]),
            Self::MarginGuard => instruments
                .margin_guard_duration
                .with(&[first, second, status]),
        }
        .record(took.as_secs_f64());
    }

    /// The span attributes of the labels.
    pub(crate) fn attribute_names(self) -> &'static [&'static str] {
        match self {
            Self::Automation => &[automation::TYPE],
            Self::MarginGuard => &[margin_guard::ACTION, margin_guard::PLAN],
        }
    }
}
