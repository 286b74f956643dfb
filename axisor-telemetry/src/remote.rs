//! The span of work that another process shares, as its caller or as its server: it ends exactly once.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderMap;
use opentelemetry::trace::{SpanBuilder, SpanRef, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_http::HeaderInjector;
use opentelemetry_semantic_conventions::attribute;

use crate::scope::Scope;
use crate::trace::OUTCOME;

/// A call under way. Dropped before its end, it was cancelled, or it panicked.
#[derive(Debug)]
pub(crate) struct Remote {
    context: Context,
    /// What belongs to the call runs, or has panicked.
    inside: bool,
    ended: bool,
}

impl Remote {
    /// Begins below `parent`; what is inside is recorded in `scope`.
    pub(crate) fn start(scope: &Arc<Scope>, builder: SpanBuilder, parent: &Context) -> Self {
        let span = scope.tracer.build_with_context(builder, parent);
        Self {
            context: scope.within(parent.with_span(span)),
            inside: false,
            ended: false,
        }
    }

    /// Begins below the current context, and writes what the other process has to know into `headers`.
    pub(crate) fn send(scope: &Arc<Scope>, builder: SpanBuilder, headers: &mut HeaderMap) -> Self {
        let remote = Self::start(scope, builder, &Context::current());
        let mut injector = HeaderInjector(headers);
        scope
            .propagator
            .inject_context(&remote.context, &mut injector);
        remote
    }

    /// Runs a part of the call below its span.
    pub(crate) fn run<R>(&mut self, part: impl FnOnce() -> R) -> R {
        let _attached = self.context.clone().attach();
        self.inside = true;
        let result = part();
        self.inside = false;
        result
    }

    pub(crate) fn span(&self) -> SpanRef<'_> {
        self.context.span()
    }

    pub(crate) fn set(&self, attribute: &'static str, value: impl Into<Value>) {
        self.span().set_attribute(KeyValue::new(attribute, value));
    }

    /// Ends the call, which failed if there is the type of an error.
    pub(crate) fn end(mut self, error_type: Option<impl Into<Cow<'static, str>>>) {
        if let Some(error_type) = error_type {
            self.fail(error_type);
        }
        self.ended = true;
        self.span().end();
    }

    fn fail(&self, error_type: impl Into<Cow<'static, str>>) {
        self.set(attribute::ERROR_TYPE, error_type.into());
        self.span().set_status(Status::error(""));
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if self.inside {
            self.fail("panic");
        } else {
            self.set(OUTCOME, "cancelled");
        }
        self.span().end();
    }
}

/// The type of an error that is only known by its type.
pub(crate) fn error_type<E>() -> &'static str {
    let name = std::any::type_name::<E>();
    if name.contains("dyn ") {
        return OTHER;
    }
    name
}

/// What the conventions call an error of which nothing is known.
const OTHER: &str = "_OTHER";
