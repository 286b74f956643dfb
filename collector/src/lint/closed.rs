//! The values of labels that the catalogue calls closed.

use axisor_telemetry::catalog::{
    self, AUTOMATION_DURATION, AUTOMATION_EXECUTIONS, MARGIN_GUARD_DURATION, PAYMENT_PROCESSING,
    Series, TELEMETRY_DROPPED, WORKER_JOB_ATTEMPTS, WORKER_JOB_DURATION, WORKER_JOBS_SENT,
};
use axisor_telemetry::record::{AutomationStatus, PaymentStatus};

/// The known methods, and what stands for the others.
const METHODS: [&str; 10] = [
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "_OTHER",
];
const REFUSALS: [&str; 6] = ["origin", "rate", "content_type", "size", "format", "value"];
const LOSSES: [&str; 4] = ["queue_full", "unreachable", "rejected", "after_shutdown"];
const SIGNALS: [&str; 4] = ["traces", "metrics", "logs", "errors"];
const VITALS: [&str; 4] = ["ttfb", "fcp", "lcp", "inp"];

/// The values of `label` on `series`; `None` if this room does not know them.
pub(super) fn values(series: &Series, label: &str) -> Option<Vec<String>> {
    let words: &[&str] = match (series.name, label) {
        (_, "method") => &METHODS,
        // As many as HTTP has room for.
        (_, "status_code") => return Some((100..=999).map(|code: u16| code.to_string()).collect()),
        (_, "vital") => &VITALS,
        (_, "signal") => &SIGNALS,
        (name, "reason") if name == catalog::BEACONS_REFUSED.name => &REFUSALS,
        (name, "reason") if name == TELEMETRY_DROPPED.name => &LOSSES,
        (name, "status") if name == PAYMENT_PROCESSING.name => &PAYMENTS,
        (name, "status") if OUTCOMES_OF.iter().any(|series| series.name == name) => &OUTCOMES,
        _ => return None,
    };
    Some(words.iter().copied().map(str::to_owned).collect())
}

const PAYMENTS: [&str; 2] = [
    PaymentStatus::Success.as_str(),
    PaymentStatus::Failed.as_str(),
];
const OUTCOMES: [&str; 2] = [
    AutomationStatus::Success.as_str(),
    AutomationStatus::Failure.as_str(),
];
const OUTCOMES_OF: [Series; 6] = [
    AUTOMATION_EXECUTIONS,
    AUTOMATION_DURATION,
    MARGIN_GUARD_DURATION,
    WORKER_JOBS_SENT,
    WORKER_JOB_ATTEMPTS,
    WORKER_JOB_DURATION,
];

#[cfg(test)]
mod tests {
    use axisor_telemetry::catalog::Values;

    use super::*;

    #[test]
    fn the_values_of_every_closed_label_are_known() {
        for series in catalog::all() {
            for label in series.labels {
                let known = values(series, label.name).is_some();
                let closed = label.values == Values::Closed;
                assert_eq!(known, closed, "{} {}", series.name, label.name);
            }
        }
    }
}
