//! What is told of a failure to those who look at failures one by one.

use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};

use crate::here;
use crate::redact;

/// One failure of a call, a request or a thread. Nothing in it says whose it was.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "sentry"),
    expect(dead_code, reason = "only Sentry reads them")
)]
pub(crate) struct Failure {
    pub(crate) time: SystemTime,
    /// What failed: the name of its span.
    pub(crate) what: String,
    /// The type of the error, or as the semantic conventions have `error.type`.
    pub(crate) error_type: String,
    /// The error's text, redacted; it may be empty.
    pub(crate) text: String,
    /// How it came to light.
    pub(crate) seen: Seen,
    /// Invalid where there was no trace.
    pub(crate) span: SpanContext,
    /// The pattern of the request's route, if there is a request.
    pub(crate) route: Option<Arc<str>>,
    pub(crate) place: Option<Place>,
}

/// Who saw a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The HTTP layer, as an answer.
    #[cfg_attr(
        not(feature = "axum"),
        expect(dead_code, reason = "only the HTTP layer makes it")
    )]
    Request,
    /// An annotated function, as what it returned.
    Call,
    /// Whoever unwound.
    Panic,
}

/// Where in the source it happened.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "sentry"),
    expect(dead_code, reason = "only Sentry reads them")
)]
pub(crate) struct Place {
    pub(crate) function: Option<&'static str>,
    pub(crate) file: String,
    pub(crate) line: u32,
}

/// Takes failures and never waits.
pub(crate) trait FailureSink: Send + Sync {
    fn failed(&self, failure: Failure);

    /// From now on panics are told where they begin, and nobody else has to.
    fn panics_are_told(&self);

    /// Whether a panic that is caught must still be told.
    fn wants_panics(&self) -> bool;
}

/// The route of the request that a context belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Route(pub(crate) Arc<str>);

impl Failure {
    /// A failure below `context`, now.
    pub(crate) fn below(context: &Context, seen: Seen, what: String) -> Self {
        Self {
            time: SystemTime::now(),
            what,
            error_type: String::new(),
            text: String::new(),
            seen,
            span: context.span().span_context().clone(),
            route: context.get::<Route>().map(|route| Arc::clone(&route.0)),
            place: None,
        }
    }

    /// The panic that begins on this thread.
    pub(crate) fn panic(panic: &PanicHookInfo<'_>) -> Self {
        let below = |context: &Context| Self::below(context, Seen::Panic, "panic".to_owned());
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self {
            error_type: "panic".to_owned(),
            text: redact::text(text.unwrap_or_default()).into_owned(),
            place: panic.location().map(|location| Place {
                function: None,
                file: location.file().to_owned(),
                line: location.line(),
            }),
            ..here::current(below).unwrap_or_else(|| below(&Context::new()))
        }
    }
}
