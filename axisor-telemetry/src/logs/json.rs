//! A line as one JSON object.
//!
//! The names and their order are a contract with whoever reads logs: `timestamp`, `level`, `target`, `message`,
//! `service`, `trace_id` and `span_id` where there is a trace, and the event's own fields below `fields`.

use serde::{Serialize, Serializer};

use super::line::{Line, Value};
use super::time;

#[derive(Serialize)]
struct Object<'a> {
    timestamp: String,
    level: &'static str,
    target: &'a str,
    message: &'a str,
    service: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    #[serde(serialize_with = "in_order")]
    fields: &'a [(&'static str, Value)],
}

/// The object and a line's end.
pub(super) fn write(line: &Line, service: &str) -> String {
    let object = Object {
        timestamp: time(line.time),
        level: line.level.as_str(),
        target: &line.target,
        message: &line.message,
        service,
        trace_id: line.span.as_ref().map(|span| span.trace_id().to_string()),
        span_id: line.span.as_ref().map(|span| span.span_id().to_string()),
        fields: &line.fields,
    };
    let mut text = serde_json::to_string(&object).unwrap_or_default(); // texts and numbers always can be
    text.push('\n');
    text
}

fn in_order<S: Serializer>(
    fields: &&[(&'static str, Value)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
}
