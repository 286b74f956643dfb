//! Lines sent by OTLP, as the data model of logs has them.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use tracing::Level;

use super::events::Output;
use super::line::{Line, Value};
use crate::clock::unix_nanos;
use crate::pipeline::LogSink;

/// Queues each line.
pub(super) struct Sent(pub(super) Option<LogSink>);

impl Output for Sent {
    /// They would be sent by the work they tell of.
    const OF_TELEMETRY: bool = false;

    fn take(&self, mut line: Line) {
        let Some(sink) = &self.0 else { return };
        let target = std::mem::take(&mut line.target);
        sink.take(target, record(line));
    }
}

fn record(line: Line) -> LogRecord {
    let time = unix_nanos(line.time);
    let mut record = LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        severity_number: severity(line.level).into(),
        severity_text: line.level.as_str().to_owned(),
        body: Some(any(Value::Text(line.message))),
        attributes: line.fields.into_iter().map(attribute).collect(),
        ..LogRecord::default()
    };
    if let Some(span) = line.span {
        record.trace_id = span.trace_id().to_bytes().to_vec();
        record.span_id = span.span_id().to_bytes().to_vec();
        record.flags = span.trace_flags().to_u8().into();
    }
    record
}

fn severity(level: Level) -> SeverityNumber {
    match level {
        Level::TRACE => SeverityNumber::Trace,
        Level::DEBUG => SeverityNumber::Debug,
        Level::INFO => SeverityNumber::Info,
        Level::WARN => SeverityNumber::Warn,
        Level::ERROR => SeverityNumber::Error,
    }
}

fn attribute((name, value): (&'static str, Value)) -> KeyValue {
    KeyValue {
        key: name.to_owned(),
        value: Some(any(value)),
        ..KeyValue::default()
    }
}

fn any(value: Value) -> AnyValue {
    let value = match value {
        Value::Flag(value) => Any::BoolValue(value),
        Value::Integer(value) => Any::IntValue(value),
        // The protocol has no unsigned numbers.
        Value::Unsigned(value) => {
            i64::try_from(value).map_or_else(|_| Any::StringValue(value.to_string()), Any::IntValue)
        }
        Value::Number(value) => Any::DoubleValue(value),
        Value::Text(value) => Any::StringValue(value),
    };
    AnyValue { value: Some(value) }
}
