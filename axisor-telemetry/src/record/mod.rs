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

use std::borrow::Cow;

use opentelemetry::KeyValue;

use crate::call::Labels;
use crate::instruments::{CounterFamily, Instruments};
use crate::outcome::Outcome;

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
    ) -> Option<(&'a CounterFamily, [&'a str; 2])> {
        let [first, second] = labels;
        match self {
            Self::Automation => Some(automation::series(instruments, first, outcome)),
            Self::MarginGuard => margin_guard::series(instruments, first, second, outcome),
        }
    }

    /// What the call's span says of its labels.
    pub(crate) fn attributes(self, [first, second]: &Labels) -> Vec<KeyValue> {
        let attribute =
            |key: &'static str, value: &Cow<'static, str>| KeyValue::new(key, value.clone());
        match self {
            Self::Automation => vec![attribute(automation::TYPE, first)],
            Self::MarginGuard => vec![
                attribute(margin_guard::ACTION, first),
                attribute(margin_guard::PLAN, second),
            ],
        }
    }
}
