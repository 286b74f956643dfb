//! What is recorded of business events, one recorder a file.

mod auth;
mod automation;
mod margin_guard;
mod pages;
mod payments;
mod queues;
#[cfg(feature = "axum")]
mod vitals;

pub use auth::Authentication;
pub use automation::{AutomationStatus, Automations};
pub use margin_guard::MarginGuard;
pub use pages::Pages;
pub use payments::{PaymentStatus, Payments};
pub use queues::Queues;
#[cfg(feature = "axum")]
pub(crate) use vitals::{Measure, Page};

use opentelemetry_semantic_conventions::attribute::MESSAGING_DESTINATION_NAME;

use crate::call::Labels;
use crate::instruments::{CounterCell, Found, GaugeCell, HistogramCell, Instruments, Origin};
use crate::outcome::Outcome;

/// What an attribute records its calls as.
#[derive(Debug, Clone, Copy)]
pub enum Recorder {
    /// Automation executions; labels: type.
    Automation,
    /// Margin guard actions; labels: action, plan.
    MarginGuard,
    /// Jobs handed to a queue; labels: queue.
    JobSent,
    /// Attempts at jobs of a queue; labels: queue.
    JobAttempt,
}

impl Recorder {
    /// The series that counts a call with this outcome.
    pub(crate) fn counter(
        self,
        instruments: &Instruments,
        labels: &Labels,
        outcome: Outcome,
    ) -> Found<CounterCell> {
        let ([first, second], [of_first, of_second]) = labels.values();
        let status = AutomationStatus::from(outcome).as_str();
        match self {
            Self::Automation => instruments
                .automation_executions
                .resolve(&[first, status], &[of_first, Origin::Code]),
            Self::MarginGuard => instruments
                .margin_guard_actions
                .resolve(&[first, second], &[of_first, of_second]),
            Self::JobSent => instruments
                .worker_jobs_sent
                .resolve(&[first, status], &[of_first, Origin::Code]),
            Self::JobAttempt => instruments
                .worker_job_attempts
                .resolve(&[first, status], &[of_first, Origin::Code]),
        }
    }

    /// The series that says how long a call with this outcome took, made with these upper bounds, if there is one.
    pub(crate) fn duration(
        self,
        instruments: &Instruments,
        labels: &Labels,
        outcome: Outcome,
        buckets: &[f64],
    ) -> Option<Found<HistogramCell>> {
        let ([first, second], [of_first, of_second]) = labels.values();
        let status = AutomationStatus::from(outcome).as_str();
        Some(match self {
            Self::Automation => instruments.automation_duration.resolve_in(
                buckets,
                &[first, status],
                &[of_first, Origin::Code],
            ),
            Self::MarginGuard => instruments.margin_guard_duration.resolve_in(
                buckets,
                &[first, second, status],
                &[of_first, of_second, Origin::Code],
            ),
            Self::JobSent => return None,
            Self::JobAttempt => instruments.worker_job_duration.resolve_in(
                buckets,
                &[first, status],
                &[of_first, Origin::Code],
            ),
        })
    }

    /// The series of the calls under way, if there is one.
    pub(crate) fn in_flight(
        self,
        instruments: &Instruments,
        labels: &Labels,
    ) -> Option<Found<GaugeCell>> {
        let ([first, second], [of_first, of_second]) = labels.values();
        Some(match self {
            Self::Automation => instruments
                .automations_in_flight
                .resolve(&[first], &[of_first]),
            Self::MarginGuard => instruments
                .margin_guard_in_flight
                .resolve(&[first, second], &[of_first, of_second]),
            Self::JobSent => return None,
            Self::JobAttempt => instruments
                .worker_jobs_in_flight
                .resolve(&[first], &[of_first]),
        })
    }

    /// The span attributes of the labels.
    pub(crate) fn attribute_names(self) -> &'static [&'static str] {
        match self {
            Self::Automation => &[automation::TYPE],
            Self::MarginGuard => &[margin_guard::ACTION, margin_guard::PLAN],
            Self::JobSent | Self::JobAttempt => &[MESSAGING_DESTINATION_NAME],
        }
    }
}
