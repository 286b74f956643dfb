//! How calls were counted, and how to begin and drop them.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use axisor_telemetry::Telemetry;
use axisor_telemetry::testing::TestSpan;

use crate::seen::value;

/// Executions of this type, by status.
pub(crate) fn executions(telemetry: &Telemetry, automation_type: &str) -> Executions {
    let count = |status| {
        let labels = [("automation_type", automation_type), ("status", status)];
        value(telemetry, "axisor_automation_executions_total", &labels)
    };
    Executions {
        success: count("success"),
        failure: count("failure"),
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Executions {
    pub(crate) success: Option<f64>,
    pub(crate) failure: Option<f64>,
}

impl Executions {
    pub(crate) const ONE_SUCCESS: Self = Self {
        success: Some(1.0),
        failure: None,
    };
    pub(crate) const ONE_FAILURE: Self = Self {
        success: None,
        failure: Some(1.0),
    };
    pub(crate) const NONE: Self = Self {
        success: None,
        failure: None,
    };
}

/// An attribute of a span, as text.
pub(crate) fn attribute(span: &TestSpan, key: &str) -> Option<String> {
    let value = span.attribute(key);
    value.map(|value| value.as_str().into_owned())
}

/// Polls once, with a waker that does nothing.
pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Starts a call, and cancels it.
pub(crate) fn poll_and_drop(future: impl Future) {
    assert!(poll_once(pin!(future)).is_pending());
}
