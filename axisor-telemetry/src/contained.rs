//! Work of others under a limit: it may panic, block or never end, and costs its caller no more than the limit.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::FutureExt as _;
use tokio::task::JoinSet;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("panicked")]
    Panicked,
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
}

/// Runs `work` as a task of its own below `context`, and drops it at `limit` or with the returned future.
///
/// # Panics
/// Outside a tokio runtime.
pub(crate) async fn within<T: Send + 'static>(
    limit: Duration,
    context: Context,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Unanswered> {
    let mut task = JoinSet::new();
    task.spawn(work.with_context(context));
    // A worker keeps the newest task in a slot of its own that no other worker may take from. Work that blocks
    // would block it there, and with it the timer this worker drives; one more task pushes the work out into the
    // shared queue and wakes a worker for it.
    drop(tokio::spawn(std::future::ready(())));
    match tokio::time::timeout(limit, task.join_next()).await {
        Ok(Some(Ok(answer))) => Ok(answer),
        Ok(_) => Err(Unanswered::Panicked),
        Err(_) => Err(Unanswered::TimedOut(limit)),
    }
}
