//! What was logged.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::trace::SpanContext;

/// Keeps every line of the log.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<Line>>>);

#[derive(Debug)]
struct Line {
    span: Option<SpanContext>,
    text: String,
}

impl Lines {
    /// `text` was logged in `span`.
    pub(super) fn add(&self, span: Option<SpanContext>, text: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(Line { span, text });
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<String> {
        self.only(|_| true)
    }

    /// Those that were logged in a span.
    pub(super) fn inside(&self, span: &SpanContext) -> Vec<String> {
        self.only(|line| line.span.as_ref() == Some(span))
    }

    fn only(&self, wanted: impl Fn(&Line) -> bool) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = lines.iter().filter(|line| wanted(line));
        wanted.map(|line| line.text.clone()).collect()
    }
}
