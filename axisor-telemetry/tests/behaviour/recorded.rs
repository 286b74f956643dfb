//! A telemetry of a test's own, and how its calls were counted.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use axisor_telemetry::{Telemetry, TelemetryBuilder};
use opentelemetry_sdk::trace::SpanData;

use crate::seen::{self, Spans, value};

/// A telemetry without an environment or exports, and its spans.
pub(crate) struct Recorded {
    pub(crate) telemetry: Telemetry,
    spans: Spans,
}

impl Recorded {
    pub(crate) fn new() -> Self {
        Self::of(seen::builder())
    }

    /// The same of a telemetry that is not as usual.
    pub(crate) fn of(builder: TelemetryBuilder) -> Self {
        let spans = Spans::default();
        let telemetry = builder.span_exporter(spans.clone()).build().unwrap();
        Self { telemetry, spans }
    }

    /// The spans that ended, in the order of their ends.
    pub(crate) fn spans(&self) -> Vec<SpanData> {
        self.spans.all()
    }

    /// The only span there is.
    pub(crate) fn span(&self) -> SpanData {
        let mut spans = self.spans();
        assert_eq!(spans.len(), 1, "{spans:?}");
        spans.remove(0)
    }

    /// All samples of a family, in the order of their labels.
    pub(crate) fn samples(&self, family: &str) -> Vec<String> {
        let mut samples = seen::samples(&self.telemetry, family);
        samples.sort();
        samples
    }

    /// Executions of this type, by status.
    pub(crate) fn executions(&self, automation_type: &str) -> Executions {
        let count = |status| {
            let labels = [("automation_type", automation_type), ("status", status)];
            value(
                &self.telemetry,
                "axisor_automation_executions_total",
                &labels,
            )
        };
        Executions {
            success: count("success"),
            failure: count("failure"),
        }
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
pub(crate) fn attribute(span: &SpanData, key: &str) -> Option<String> {
    seen::attribute(span, key).map(|value| value.as_str().into_owned())
}

/// Polls once, with a waker that does nothing.
pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Starts a call, and cancels it.
pub(crate) fn poll_and_drop(future: impl Future) {
    assert!(poll_once(pin!(future)).is_pending());
}
