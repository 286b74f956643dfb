//! Rounds when nobody asks.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, Tracer as _};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::round::Rounds;

/// Rounds at their intervals, until this is dropped.
#[derive(Debug)]
#[must_use = "the gauges are no longer kept true when this is dropped"]
pub struct RunningChecks {
    tasks: JoinSet<()>,
}

impl RunningChecks {
    pub(super) fn start(rounds: &Arc<Rounds>, every: Duration) -> Self {
        let mut tasks = JoinSet::new();
        if every > Duration::ZERO {
            tasks.spawn(repeat(Arc::clone(rounds), every));
        }
        Self { tasks }
    }

    /// Whether the rounds have ended with their runtime.
    pub(crate) fn have_ended(&mut self) -> bool {
        while self.tasks.try_join_next().is_some() {}
        self.tasks.is_empty()
    }
}

async fn repeat(rounds: Arc<Rounds>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let context = rounds.scope.within(trace(&rounds));
        let _ = rounds.report().with_context(context.clone()).await;
        context.span().end();
    }
}

/// A trace of a round's own, if there is anything to be seen in it.
fn trace(rounds: &Rounds) -> Context {
    if rounds.checks.is_empty() {
        return Context::new();
    }
    let tracer = &rounds.scope.tracer;
    Context::new().with_span(tracer.start_with_context("health", &Context::new()))
}
