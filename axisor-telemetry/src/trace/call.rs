//! The span of an annotated call.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::trace::{Link, Span as _, SpanContext, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, ContextGuard, KeyValue};
use opentelemetry_semantic_conventions::attribute::{
    CODE_FILE_PATH, CODE_FUNCTION_NAME, CODE_LINE_NUMBER, ERROR_TYPE, EXCEPTION_MESSAGE,
    EXCEPTION_TYPE,
};

use super::OUTCOME;
use crate::call::{Given, Labels, Spec};
use crate::outcome::{Description, Outcome, Verdict};
use crate::redact;
use crate::scope::Scope;
use crate::shown::shown;

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
    pub(crate) const NONE: Self = Self(None);

    /// Starts a span under the parent given or the current context, unless a parent in this process was not sampled.
    ///
    /// Whether to follow a remote parent is for the sampler to say.
    pub(crate) fn start(scope: &Scope, spec: &Spec, given: Given) -> Self {
        let kept =
            |parent: &SpanContext| parent.is_sampled() || parent.is_remote() || !parent.is_valid();
        let under =
            |context: &Context| kept(context.span().span_context()).then(|| context.clone());
        let parent = match &given.parent {
            Some(parent) => Some(beside(parent)),
            None => Context::map_current(under),
        };
        let Some(parent) = parent else {
            return Self::NONE;
        };
        let span = scope
            .tracer
            .span_builder(spec.name)
            .with_kind(spec.kind.clone())
            .with_attributes(attributes(spec, &given.labels, given.fields))
            .with_links(given.links)
            .start_with_context(&scope.tracer, &parent);
        let started = span.span_context().is_valid();
        Self(started.then(|| parent.with_span(span)))
    }

    /// Makes this span the current one until the guard is dropped.
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        self.0.clone().map(Context::attach)
    }

    /// Says on the span which labels are known now that the call is over.
    pub(crate) fn learned(&self, spec: &Spec, labels: &Labels) {
        if let Some(context) = &self.0 {
            let late = of_labels(spec, labels, true);
            late.for_each(|attribute| context.span().set_attribute(attribute));
        }
    }

    /// Says on the span how the call ended, and ends it.
    pub(crate) fn end(&self, ending: Ending<'_>) {
        let Some(context) = &self.0 else { return };
        let span = context.span();
        if span.is_recording() {
            span.set_attribute(KeyValue::new(OUTCOME, ending.as_str()));
            match ending {
                Ending::Returned(verdict) if verdict.outcome == Outcome::Failure => {
                    record_error(context, verdict.error_type, text(verdict.description));
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

fn attributes(spec: &Spec, labels: &Labels, fields: Vec<KeyValue>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(8 + fields.len()); // these, and what is said at the end
    attributes.extend(of_labels(spec, labels, false));
    attributes.extend(spec.code.attributes());
    attributes.extend(fields);
    attributes
}

/// What the span says of those labels that are known from the start, or of those that are known late.
fn of_labels(spec: &Spec, labels: &Labels, late: bool) -> impl Iterator<Item = KeyValue> {
    let attributes = spec.recorder.attributes(labels).into_iter();
    let wanted = attributes
        .zip(spec.late)
        .filter(move |(_, is_late)| *is_late == late);
    wanted.map(|(attribute, _)| attribute)
}

/// The current context with `parent` as the parent of what comes: its span, and its baggage.
fn beside(parent: &Context) -> Context {
    let current = Context::current().with_remote_span_context(parent.span().span_context().clone());
    current.with_baggage(parent.baggage().iter().map(|(key, (value, metadata))| {
        KeyValueMetadata::new(key.clone(), value.clone(), metadata.clone())
    }))
}

/// A link to the span of `context`.
pub(crate) fn link(context: &Context) -> Link {
    Link::with_context(context.span().span_context().clone())
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

fn text(description: Description<'_>) -> String {
    let redacted = |text: fmt::Arguments<'_>| redact::text(&shown(text)).into_owned();
    match description {
        Description::None => String::new(),
        Description::Display(error) => redacted(format_args!("{error}")),
        Description::Debug(error) => redacted(format_args!("{error:?}")),
        Description::Made(text) => catch_unwind(AssertUnwindSafe(text)).unwrap_or_default(),
    }
}
