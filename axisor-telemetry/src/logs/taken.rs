//! Lines for a test.

use opentelemetry::trace::SpanContext;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use super::events::{Events, Output};
use super::line::Line;
use super::{filter, pretty};
use crate::config::Config;

/// Hands over the span and the text of each line, without its time: `LEVEL target: message field=value`.
pub(crate) fn taken<S, T>(config: &Config, take: T) -> impl Layer<S> + Send + Sync + use<S, T>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    T: Fn(Option<SpanContext>, String) + Send + Sync + 'static,
{
    Events::to(Taken(take)).with_filter(filter(&config.logging))
}

struct Taken<T>(T);

impl<T> Output for Taken<T>
where
    T: Fn(Option<SpanContext>, String) + Send + Sync + 'static,
{
    const OF_TELEMETRY: bool = true;

    fn take(&self, line: Line) {
        let text = format!("{} {}", line.level, pretty::said(&line));
        (self.0)(line.span, text);
    }
}
