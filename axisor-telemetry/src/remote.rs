//! The span of work that another process shares, as its caller or as its server: it ends exactly once.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderMap;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{SpanBuilder, SpanRef, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_semantic_conventions::attribute;

use crate::scope::Scope;
use crate::trace::{self, OUTCOME};

/// A call under way. Dropped before its end, it was cancelled, or it panicked.
#[derive(Debug)]
pub(crate) struct Remote {
    context: Context,
    /// What belongs to the call runs, or has panicked.
    inside: bool,
    ended: bool,
}

/// What goes along of the context.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sent {
    All,
    WithoutBaggage,
}

impl Remote {
    /// Begins below `parent`; what is inside is recorded in `scope`.
    pub(crate) fn start(scope: &Arc<Scope>, builder: SpanBuilder, parent: &Context) -> Self {
        Self {
            context: scope.below(parent, builder),
            inside: false,
            ended: false,
        }
    }

    /// Begins below the current context, and writes what the other process may know into `headers`.
    pub(crate) fn send(
        scope: &Arc<Scope>,
        builder: SpanBuilder,
        sent: Sent,
        headers: &mut HeaderMap,
    ) -> Self {
        let remote = Self::start(scope, builder, &Context::current());
        let context = match sent {
            Sent::All => &remote.context,
            Sent::WithoutBaggage => &remote.context.with_cleared_baggage(),
        };
        trace::outgoing(context, &*scope.propagator, headers);
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
    pub(crate) fn end(&mut self, error_type: Option<impl Into<Cow<'static, str>>>) {
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

/// The host of a URI as an address: one of IPv6 stands in brackets there.
pub(crate) fn address(host: &str) -> &str {
    let inside = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inside.unwrap_or(host)
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
