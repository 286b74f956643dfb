//! The span of an annotated call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use opentelemetry::baggage::{Baggage, BaggageExt as _};
use opentelemetry::trace::{Link, SpanContext, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard};

use super::live::{Live, LiveSpan};
use super::spans::{Spans, parent_of};
use super::{CallResult, EndedSpan, Failure, FailureSink, Place, Seen};
use crate::call::{GivenSpan, Labels, Spec};
use crate::clock::Moment;
use crate::here;
use crate::outcome::{Description, Outcome, Verdict};
use crate::shown::{bounded, redacted};

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

impl Ending<'_> {
    /// How the call counts.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Returned(verdict) => verdict.outcome,
            Self::Panicked | Self::Cancelled => Outcome::Failure,
        }
    }

    pub(crate) fn result(self) -> CallResult {
        match self {
            Self::Returned(verdict) if verdict.outcome == Outcome::Failure => {
                CallResult::Failure(verdict.error_type, text(verdict.description))
            }
            Self::Returned(_) => CallResult::Success,
            Self::Panicked => CallResult::Panic,
            Self::Cancelled => CallResult::Cancelled,
        }
    }
}

/// The span of one call.
pub(crate) enum CallSpan {
    /// None is made, and the context stays as it is.
    None,
    /// It is not sampled, or goes nowhere: there is a context for what is inside.
    Context(Context),
    /// It is sampled.
    Live(Context, Arc<Live>),
}

impl CallSpan {
    /// Starts a span under the parent given or the current context, unless that has a parent in this process that was not
    /// sampled.
    ///
    /// Whether to follow a remote parent is for the sampler to say.
    pub(crate) fn start(
        spans: &Spans,
        mut given: Option<Box<GivenSpan>>,
        started: impl FnOnce() -> Moment,
    ) -> Self {
        if spans.is_closed() {
            return Self::None;
        }
        let parent = given.as_mut().and_then(|given| given.parent.take());
        let parent = here::current(|here| match parent {
            Some(_) if here.is_telemetry_suppressed() => None,
            Some(parent) => Some(beside(here, &parent)),
            None => may_have_span(here).then(|| here.clone()),
        });
        match parent.flatten() {
            Some(parent) => Self::under(&parent, spans, given, started),
            None => Self::None,
        }
    }

    fn under(
        parent: &Context,
        spans: &Spans,
        given: Option<Box<GivenSpan>>,
        started: impl FnOnce() -> Moment,
    ) -> Self {
        let context = spans.identify(parent);
        if !context.is_sampled() || !spans.has_sinks() {
            return Self::Context(parent.with_remote_span_context(context));
        }
        spans.started(context.trace_id());
        let live = Live::new(context, parent_of(parent), started(), spans.limits());
        if let Some(given) = given {
            live.give(*given);
        }
        let live = Arc::new(live);
        Self::Live(parent.with_span(LiveSpan(Arc::clone(&live))), live)
    }

    /// Tells of a call that failed or panicked.
    pub(crate) fn tell(
        &self,
        spec: &'static Spec,
        result: &CallResult,
        failures: &dyn FailureSink,
    ) {
        let Some((error_type, text)) = result.error() else {
            return;
        };
        let seen = match result {
            CallResult::Panic if failures.wants_panics() => Seen::Panic,
            CallResult::Panic => return,
            _ => Seen::Call,
        };
        let below = |context: &Context| Failure::below(context, seen, spec.name.to_owned());
        let failure = match self {
            Self::None => here::current(below).unwrap_or_else(|| below(&Context::new())),
            Self::Context(context) | Self::Live(context, _) => below(context),
        };
        failures.failed(Failure {
            error_type: error_type.to_owned(),
            text: text.to_owned(),
            place: spec.code.map(|code| Place {
                function: Some(code.function),
                file: code.file.to_owned(),
                line: code.line,
            }),
            ..failure
        });
    }

    /// The span's identity, if it is sampled.
    pub(crate) fn sampled(&self) -> Option<&SpanContext> {
        match self {
            Self::None | Self::Context(_) => None,
            Self::Live(_, live) => Some(&live.context),
        }
    }

    /// Makes this span the current one until the guard is dropped.
    #[inline]
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        match self {
            Self::None => None,
            Self::Context(context) | Self::Live(context, _) => here::attach(context.clone()),
        }
    }
}

impl Live {
    /// The span with how its call ended.
    pub(crate) fn end(
        &self,
        spec: &'static Spec,
        labels: Labels,
        result: CallResult,
        ended: Moment,
    ) -> EndedSpan {
        EndedSpan {
            context: self.context.clone(),
            parent: self.parent,
            parent_is_remote: self.parent_is_remote,
            spec,
            labels,
            started: self.started,
            ended,
            result,
            added: self.finish(),
            limits: self.limits,
        }
    }
}

/// Nothing is made of what concerns telemetry's own work, or below a parent in this process that was not sampled.
fn may_have_span(context: &Context) -> bool {
    let kept =
        |parent: &SpanContext| parent.is_sampled() || parent.is_remote() || !parent.is_valid();
    kept(context.span().span_context()) && !context.is_telemetry_suppressed()
}

/// Whether a call here may have a span.
pub(crate) fn may_have_span_here() -> bool {
    here::current(may_have_span).unwrap_or(false)
}

/// The context `here` with `parent` as the parent of what comes: its span, and its baggage.
fn beside(here: &Context, parent: &Context) -> Context {
    let entries = parent.baggage().iter();
    let baggage: Baggage = entries
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    here.with_remote_span_context(parent.span().span_context().clone())
        .with_baggage(baggage)
}

/// A link to the span of `context`.
pub(crate) fn link(context: &Context) -> Link {
    Link::with_context(context.span().span_context().clone())
}

fn text(description: Description<'_>) -> String {
    match description {
        Description::None => String::new(),
        Description::Display(error) => redacted(format_args!("{error}")),
        Description::Debug(error) => redacted(format_args!("{error:?}")),
        Description::Made(text) => {
            let text = catch_unwind(AssertUnwindSafe(text)).unwrap_or_default();
            bounded(&text).to_owned()
        }
    }
}
