//! Asks Jaeger through its API.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::api::{self, ApiError};

/// A Jaeger.
#[derive(Debug, Clone)]
pub struct Jaeger {
    url: String,
    http: reqwest::Client,
}

/// A trace.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// Its id, 32 hexadecimal digits.
    #[serde(rename = "traceID")]
    pub trace_id: String,
    /// Its spans, in no order.
    pub spans: Vec<Span>,
    /// The processes by the id the spans name them with.
    pub processes: BTreeMap<String, Process>,
}

/// A span of a trace.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// Its id, 16 hexadecimal digits.
    #[serde(rename = "spanID")]
    pub span_id: String,
    /// Its name.
    pub operation_name: String,
    /// What it belongs to.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// Its attributes, with Jaeger's own such as `span.kind`, `error` and `otel.status_code`.
    pub tags: Vec<Tag>,
    /// Its process in [`Trace::processes`].
    #[serde(rename = "processID")]
    pub process_id: String,
    /// When it began, in microseconds since 1970.
    pub start_time: u64,
    /// How long it took, in microseconds.
    pub duration: u64,
}

/// A span's tie to another one.
#[derive(Debug, Clone, Deserialize)]
pub struct Reference {
    /// `CHILD_OF` or `FOLLOWS_FROM`.
    #[serde(rename = "refType")]
    pub kind: String,
    /// The other span.
    #[serde(rename = "spanID")]
    pub span_id: String,
    /// The other span's trace.
    #[serde(rename = "traceID")]
    pub trace_id: String,
}

/// An attribute.
#[derive(Debug, Clone, Deserialize)]
pub struct Tag {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: Value,
}

/// What a span's process says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// `service.name`.
    pub service_name: String,
    /// The other resource attributes.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

impl Trace {
    /// The span of this name; the first if there are several.
    #[must_use]
    pub fn span(&self, name: &str) -> Option<&Span> {
        self.spans.iter().find(|span| span.operation_name == name)
    }

    /// The span above, if it is in the trace.
    #[must_use]
    pub fn parent(&self, span: &Span) -> Option<&Span> {
        let parent = span
            .references
            .iter()
            .find(|reference| reference.kind == "CHILD_OF")?;
        self.spans
            .iter()
            .find(|span| span.span_id == parent.span_id)
    }

    /// The service a span is of.
    #[must_use]
    pub fn service(&self, span: &Span) -> &str {
        self.processes
            .get(&span.process_id)
            .map_or("", |process| &process.service_name)
    }
}

impl Span {
    /// The value of an attribute.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&Value> {
        self.tags
            .iter()
            .find(|tag| tag.key == key)
            .map(|tag| &tag.value)
    }
}

impl Jaeger {
    /// The one at this address, `http://127.0.0.1:16686`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            http: reqwest::Client::new(),
        }
    }

    /// The traces with a span of this service, as many as the stack's Jaeger keeps; none if the service is unknown yet.
    ///
    /// # Errors
    /// [`ApiError`] if nobody answers.
    pub async fn traces(&self, service: &str) -> Result<Vec<Trace>, ApiError> {
        self.get(
            "traces",
            &[
                ("service", service),
                ("limit", "100000"),
                ("lookback", "1h"),
            ],
        )
        .await
    }

    /// One trace, none if it is not there yet.
    ///
    /// # Errors
    /// [`ApiError`] if nobody answers.
    pub async fn trace(&self, trace_id: &str) -> Result<Option<Trace>, ApiError> {
        let traces = self.get(&format!("traces/{trace_id}"), &[]).await?;
        Ok(traces.into_iter().next())
    }

    /// The services that have sent spans.
    ///
    /// # Errors
    /// [`ApiError`] if nobody answers.
    pub async fn services(&self) -> Result<Vec<String>, ApiError> {
        let url = format!("{}/api/services", self.url);
        let answer: Answer<String> = api::get(&self.http, &url, &[]).await?;
        Ok(answer.data.unwrap_or_default())
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<Trace>, ApiError> {
        let url = format!("{}/api/{path}", self.url);
        let answer: Answer<Trace> = api::get(&self.http, &url, query).await?;
        Ok(answer.data.unwrap_or_default())
    }
}

/// Jaeger leaves `data` out, or makes it null, when it has none.
#[derive(Deserialize)]
struct Answer<T> {
    data: Option<Vec<T>>,
}
