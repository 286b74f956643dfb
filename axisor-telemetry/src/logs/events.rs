//! The layer that turns events into lines, and the span each belongs to.

use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tracing::dispatcher::{Dispatch, WeakDispatch};
use tracing::span::Id;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer;
use tracing_subscriber::registry::LookupSpan;

use super::line::Line;
use crate::here;

/// Where lines go.
pub(super) trait Output: Send + Sync + 'static {
    /// Whether lines of telemetry's own work are wanted.
    const OF_TELEMETRY: bool;

    fn take(&self, line: Line);
}

/// Gives an output the lines of a subscriber.
pub(super) struct Events<O> {
    output: O,
    subscriber: OnceLock<WeakDispatch>,
}

impl<O> Events<O> {
    pub(super) fn to(output: O) -> Self {
        Self {
            output,
            subscriber: OnceLock::new(),
        }
    }

    /// The span of the event: the parent it names, else the current one of OpenTelemetry, which `tracing` spans are as
    /// soon as they are entered, else the current one of `tracing`.
    fn span<S>(&self, event: &Event<'_>, current: &layer::Context<'_, S>) -> Option<SpanContext>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        if let Some(parent) = event.parent() {
            return self.of_tracing(parent);
        }
        if !event.is_contextual() {
            return None;
        }
        let here = here::current(|here| here.span().span_context().clone());
        if let Some(here) = here.filter(SpanContext::is_valid) {
            return Some(here);
        }
        self.of_tracing(&current.event_span(event)?.id())
    }

    fn of_tracing(&self, span: &Id) -> Option<SpanContext> {
        let subscriber = self.subscriber.get()?.upgrade()?;
        let context = tracing_opentelemetry::get_otel_context(span, &subscriber)?;
        let span = context.span().span_context().clone();
        span.is_valid().then_some(span)
    }
}

impl<O: Output, S> Layer<S> for Events<O>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        let _ = self.subscriber.set(subscriber.downgrade());
    }

    fn on_event(&self, event: &Event<'_>, current: layer::Context<'_, S>) {
        // What OpenTelemetry says of its contexts it says while they are being changed: none can be asked for then.
        if event.metadata().target() == "opentelemetry" {
            if O::OF_TELEMETRY {
                self.output.take(Line::of(event, None));
            }
        } else if O::OF_TELEMETRY || !is_suppressed() {
            let span = self.span(event, &current);
            self.output.take(Line::of(event, span));
        }
    }
}

fn is_suppressed() -> bool {
    here::current(Context::is_telemetry_suppressed).unwrap_or(false)
}
