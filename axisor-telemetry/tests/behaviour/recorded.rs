//! A telemetry of a test's own, and what it recorded.

use std::sync::{Arc, Mutex};

use axisor_telemetry::Telemetry;
use opentelemetry::Value;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Keeps every span that ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Spans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

/// A telemetry without an environment or exports, and its spans.
pub(crate) struct Recorded {
    pub(crate) telemetry: Telemetry,
    spans: Spans,
}

impl Recorded {
    pub(crate) fn new() -> Self {
        let spans = Spans::default();
        let telemetry = Telemetry::builder("test")
            .without_environment()
            .set("metrics.exporters", "")
            .set("traces.exporter", "none")
            .span_exporter(spans.clone())
            .build()
            .unwrap();
        Self { telemetry, spans }
    }

    /// The spans that ended, in the order of their ends.
    pub(crate) fn spans(&self) -> Vec<SpanData> {
        self.spans.0.lock().unwrap().clone()
    }

    /// The only span there is.
    pub(crate) fn span(&self) -> SpanData {
        let mut spans = self.spans();
        assert_eq!(spans.len(), 1, "{spans:?}");
        spans.remove(0)
    }

    /// The value of one sample, `None` if there is no such sample.
    pub(crate) fn sample(&self, sample: &str) -> Option<f64> {
        let text = self.telemetry.exposition().unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(sample))?;
        Some(value.trim().parse().unwrap())
    }

    /// All samples of a family.
    pub(crate) fn samples(&self, family: &str) -> Vec<String> {
        let text = self.telemetry.exposition().unwrap();
        let lines = text.lines().filter(|line| line.starts_with(family));
        let mut samples: Vec<String> = lines.map(str::to_owned).collect();
        samples.sort();
        samples
    }

    /// Executions of this type, by status.
    pub(crate) fn executions(&self, automation_type: &str) -> Executions {
        let count = |status| {
            let name = "axisor_automation_executions_total";
            self.sample(&format!(
                "{name}{{automation_type=\"{automation_type}\",status=\"{status}\"}}"
            ))
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
    let text = |value: &Value| value.as_str().into_owned();
    span.attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key)
        .map(|attribute| text(&attribute.value))
}
