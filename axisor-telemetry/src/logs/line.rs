//! What one event of `tracing` says, ready to be written or sent.

use std::error::Error;
use std::fmt::{self, Debug};
use std::time::SystemTime;

use opentelemetry::trace::SpanContext;
use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use crate::redact;
use crate::shown::shown;

/// The most bytes of a message or of one field's text.
const MAX_TEXT: usize = 8 * redact::MAX_BYTES;

/// An event, redacted.
pub(crate) struct Line {
    pub(crate) time: SystemTime,
    pub(crate) level: Level,
    pub(crate) target: String,
    pub(crate) message: String,
    /// The span it happened in, if there is one.
    pub(crate) span: Option<SpanContext>,
    /// In the order of the event, each name once.
    pub(crate) fields: Vec<(&'static str, Value)>,
}

/// A field's value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Flag(bool),
    Integer(i64),
    Unsigned(u64),
    Number(f64),
    Text(String),
}

impl Line {
    pub(super) fn of(event: &Event<'_>, span: Option<SpanContext>) -> Self {
        let about = event.metadata();
        let mut line = Self {
            time: SystemTime::now(),
            level: *about.level(),
            target: about.target().to_owned(),
            message: String::new(),
            span,
            fields: Vec::with_capacity(about.fields().len()),
        };
        event.record(&mut line);
        line
    }

    fn text(&mut self, field: &Field, text: &str) {
        let text = redact::within(text, MAX_TEXT).into_owned();
        if field.name() == "message" {
            self.message = text;
        } else {
            self.add(field.name(), Value::Text(text));
        }
    }

    /// The last value of a name counts.
    fn add(&mut self, name: &'static str, value: Value) {
        let value = if redact::is_secret(name) {
            Value::Text(redact::REDACTED.to_owned())
        } else {
            value
        };
        match self.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.fields.push((name, value)),
        }
    }
}

impl Visit for Line {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), Value::Flag(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), Value::Integer(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), Value::Unsigned(value));
    }

    /// JSON has no word for what is not finite.
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.add(field.name(), Value::Number(value));
        } else {
            self.add(field.name(), Value::Text(value.to_string()));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field, &shown(format_args!("{value}")));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &shown(format_args!("{value:?}")));
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value}"),
        }
    }
}
