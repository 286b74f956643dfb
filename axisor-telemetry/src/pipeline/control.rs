//! How the telemetry tells its exporter tasks to flush and to give up.

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// The telemetry's side.
#[derive(Debug)]
pub(crate) struct Control {
    flush: mpsc::Sender<oneshot::Sender<()>>,
    give_up: watch::Sender<Option<Instant>>,
}

/// An exporter task's side.
#[derive(Debug)]
pub(crate) struct Orders {
    flush: mpsc::Receiver<oneshot::Sender<()>>,
    give_up: watch::Receiver<Option<Instant>>,
}

impl Control {
    pub(crate) fn new() -> (Self, Orders) {
        let (flush, flushes) = mpsc::channel(8);
        let (give_up, closing) = watch::channel(None);
        let orders = Orders {
            flush: flushes,
            give_up: closing,
        };
        (Self { flush, give_up }, orders)
    }

    /// Ends when the task has sent or lost what it held, or is gone.
    pub(crate) fn flush(&self) -> impl Future<Output = ()> + Send + use<> {
        let flush = self.flush.clone();
        async move {
            let (done, wait) = oneshot::channel();
            if flush.send(done).await.is_ok() {
                let _ = wait.await;
            }
        }
    }

    /// Lets the task go on sending until `at` and no longer.
    pub(crate) fn close(&self, at: Instant) {
        self.give_up.send_replace(Some(at));
    }
}

/// Those who wait for a flush.
pub(crate) struct Flushes(Vec<oneshot::Sender<()>>);

impl Flushes {
    /// Tells them that it is done.
    pub(crate) fn done(self) {
        for waiting in self.0 {
            let _ = waiting.send(());
        }
    }
}

impl Orders {
    /// Waits for orders to flush and gives all there are, so that one flush serves them; none when the telemetry is gone.
    pub(crate) async fn flushes(&mut self) -> Option<Flushes> {
        let mut waiting = vec![self.flush.recv().await?];
        while let Ok(another) = self.flush.try_recv() {
            waiting.push(another);
        }
        Some(Flushes(waiting))
    }

    /// Whether this is the end: what is not sent now is never sent.
    pub(crate) fn is_closing(&self) -> bool {
        self.give_up.borrow().is_some()
    }

    /// Ends when it is time to give up.
    pub(crate) fn closing(&self) -> impl Future<Output = ()> + use<> {
        let mut give_up = self.give_up.clone();
        async move {
            let at = give_up
                .wait_for(Option::is_some)
                .await
                .ok()
                .and_then(|at| *at);
            match at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await, // the telemetry is gone without closing: nobody waits
            }
        }
    }
}
