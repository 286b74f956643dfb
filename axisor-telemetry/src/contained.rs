//! Work of others under a limit: it may panic, block or never end, and costs its caller no more than the limit.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, Wake, Waker};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::FutureExt as _;
use tokio::sync::{Mutex, Notify};
use tokio::task::{JoinError, spawn_blocking};

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("panicked")]
    Panicked,
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
}

/// A piece of others' work that is under way at most once.
///
/// What was abandoned still counts as under way until it has really ended: work that blocks its thread holds one
/// thread, however often it is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contained(Arc<Mutex<()>>);

impl Contained {
    /// Runs `work` below `context`, after an earlier run that has not ended, and drops it at `limit` or with the
    /// returned future.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub(crate) async fn within<T: Send + 'static>(
        &self,
        limit: Duration,
        context: Context,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Unanswered> {
        let run = async {
            let under_way = Arc::clone(&self.0).lock_owned().await;
            let work = async move {
                let _under_way = under_way;
                work.await
            };
            drive(Box::pin(work.with_context(context))).await
        };
        match tokio::time::timeout(limit, run).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(Unanswered::Panicked),
            Err(_) => Err(Unanswered::TimedOut(limit)),
        }
    }
}

/// Polls `work` on the runtime's threads that are meant for blocking, so that work that blocks where it should wait blocks
/// none that drives others: not the timer of its limit, nor the only thread of a `current_thread` runtime. While it waits as
/// it should, it holds no thread.
async fn drive<T: Send + 'static>(
    mut work: Pin<Box<dyn Future<Output = T> + Send>>,
) -> Result<T, JoinError> {
    let woken = Arc::new(Woken(Notify::new()));
    loop {
        let waker = Waker::from(Arc::clone(&woken));
        let poll = move || {
            let polled = work.as_mut().poll(&mut task::Context::from_waker(&waker));
            (polled, work)
        };
        let (polled, pending) = spawn_blocking(poll).await?;
        if let Poll::Ready(answer) = polled {
            return Ok(answer);
        }
        work = pending;
        woken.0.notified().await;
    }
}

struct Woken(Notify);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.notify_one();
    }
}
