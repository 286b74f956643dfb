//! The span of an annotated call.

use std::fmt::{self, Display, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::trace::{Span as _, SpanContext, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, ContextGuard, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use opentelemetry_semantic_conventions::attribute::{
    CODE_FILE_PATH, CODE_FUNCTION_NAME, CODE_LINE_NUMBER, ERROR_TYPE, EXCEPTION_MESSAGE,
    EXCEPTION_TYPE,
};

use super::OUTCOME;
use crate::outcome::{Outcome, Verdict};
use crate::redact;

/// Where an annotated function stands in the source.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// The function with its modules.
    pub function: &'static str,
    /// The file as the compiler was given it.
    pub file: &'static str,
    /// The attribute's line.
    pub line: u32,
}

/// How a call that started came to its end.
pub(crate) enum Ending<'a> {
    Returned(Verdict<'a>),
    Panicked,
    Cancelled,
}

/// The span of one call, or nothing where nobody would keep it.
pub(crate) struct CallSpan(Option<Context>);

impl CallSpan {
    /// Starts a span under the current context, unless a parent in this process was not sampled.
    ///
    /// Whether to follow a remote parent is for the sampler to say.
    pub(crate) fn start(
        tracer: &SdkTracer,
        name: &'static str,
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> Self {
        let kept =
            |parent: &SpanContext| parent.is_sampled() || parent.is_remote() || !parent.is_valid();
        let Some(parent) = Context::map_current(|context| {
            kept(context.span().span_context()).then(|| context.clone())
        }) else {
            return Self(None);
        };
        let span = tracer
            .span_builder(name)
            .with_kind(SpanKind::Internal)
            .with_attributes(attributes())
            .start_with_context(tracer, &parent);
        let started = span.span_context().is_valid();
        Self(started.then(|| parent.with_span(span)))
    }

    /// Makes this span the current one until the guard is dropped.
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        self.0.clone().map(Context::attach)
    }

    /// Says on the span how the call ended, and ends it.
    pub(crate) fn end(&self, ending: &Ending<'_>) {
        let Some(context) = &self.0 else { return };
        let span = context.span();
        if span.is_recording() {
            span.set_attribute(KeyValue::new(OUTCOME, ending.as_str()));
            match ending {
                Ending::Returned(verdict) if verdict.outcome == Outcome::Failure => {
                    let text = verdict.description.map(redacted).unwrap_or_default();
                    record_error(context, verdict.error_type, text);
                }
                Ending::Panicked => record_error(context, "panic", String::new()),
                Ending::Returned(_) | Ending::Cancelled => {}
            }
        }
        span.end();
    }
}

impl Ending<'_> {
    /// How the call counts.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Returned(verdict) => verdict.outcome,
            Self::Panicked | Self::Cancelled => Outcome::Failure,
        }
    }

    fn as_str(&self) -> &'static str {
        match self {
            Self::Returned(verdict) => match verdict.outcome {
                Outcome::Success => "success",
                Outcome::Failure => "failure",
            },
            Self::Panicked => "panic",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Code {
    pub(crate) fn attributes(self) -> [KeyValue; 3] {
        [
            KeyValue::new(CODE_FUNCTION_NAME, self.function),
            KeyValue::new(CODE_FILE_PATH, self.file),
            KeyValue::new(CODE_LINE_NUMBER, i64::from(self.line)),
        ]
    }
}

fn record_error(context: &Context, error_type: &'static str, text: String) {
    let span = context.span();
    let mut exception = vec![KeyValue::new(EXCEPTION_TYPE, error_type)];
    if !text.is_empty() {
        exception.push(KeyValue::new(EXCEPTION_MESSAGE, text.clone()));
    }
    span.set_attribute(KeyValue::new(ERROR_TYPE, error_type));
    span.add_event("exception", exception);
    span.set_status(Status::error(text));
}

fn redacted(description: &dyn Display) -> String {
    let mut beginning = Beginning(String::new());
    let shown = catch_unwind(AssertUnwindSafe(|| write!(beginning, "{description}")));
    match shown {
        Ok(_) => redact::text(&beginning.0).into_owned(),
        Err(_) => String::new(), // a text nobody can show is no reason to fail a call
    }
}

/// The first bytes of a text, more than the redaction keeps.
struct Beginning(String);

impl fmt::Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() > 16 * redact::MAX_BYTES {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
