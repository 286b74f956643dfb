//! Items on their way out: a bounded queue, batches, retries, and an account of each item.
//!
//! The SDK's batch processor drops from a full queue without a word and may call a lost export a success;
//! this one tells the [`Ledger`] about every item.

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use super::control::{Control, Orders};
use super::ledger::{Ledger, Loss, Signal};
use super::otlp::{Export, Receiver, Sent};
use super::queue::{Batching, Queue, Waits};

/// Makes requests of batches.
pub(super) trait Encode: Send + 'static {
    type Item: Send + 'static;
    type Request: Items + Send + Sync;

    /// All items in as many requests as they need.
    fn encode(&self, batch: Vec<Self::Item>) -> Vec<Self::Request>;
}

/// A request that knows how many items it has.
pub(super) trait Items: Export {
    fn items(&self) -> usize;
}

/// The two ends of a queue: where items go in, and the telemetry's hold on it.
pub(super) type Ends<T> = (Arc<Queue<T>>, Hold);

/// Makes a queue and the task that empties it.
pub(super) fn queue<E: Encode>(
    signal: Signal,
    settings: Batching,
    encoder: E,
    ledger: &Arc<Ledger>,
) -> (
    Ends<E::Item>,
    impl FnOnce(Receiver) -> Exporter<E> + Send + use<E>,
) {
    let queue = Arc::new(Queue::new(signal, settings, ledger));
    let (control, orders) = Control::new();
    let hold = Hold {
        signal,
        control,
        queue: Arc::clone(&queue) as Arc<dyn Waits>,
    };
    let (taken, ledger) = (Arc::clone(&queue), Arc::clone(ledger));
    let exporter = move |to: Receiver| Exporter {
        signal,
        queue: taken,
        orders,
        to,
        settings,
        encoder,
        ledger,
    };
    ((queue, hold), exporter)
}

/// The telemetry's hold on a queue: flushes and closes it.
pub(super) struct Hold {
    signal: Signal,
    control: Control,
    queue: Arc<dyn Waits>,
}

impl Hold {
    pub(super) fn signal(&self) -> Signal {
        self.signal
    }

    /// Waits until every item that came before this call is sent or lost.
    pub(super) fn flush(&self) -> impl Future<Output = ()> + Send + use<> {
        self.control.flush()
    }

    /// Takes no further item and gives up sending at `at`.
    pub(super) fn close(&self, at: Instant) {
        self.queue.close();
        self.control.close(at);
    }

    /// Items that are neither sent nor lost.
    pub(super) fn waiting(&self) -> u64 {
        self.queue.waiting() as u64
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").finish_non_exhaustive()
    }
}

/// The task on the exporters' thread.
pub(super) struct Exporter<E: Encode> {
    signal: Signal,
    queue: Arc<Queue<E::Item>>,
    orders: Orders,
    to: Receiver,
    settings: Batching,
    encoder: E,
    ledger: Arc<Ledger>,
}

impl<E: Encode> Exporter<E> {
    /// Sends batches when they are full or due, until the telemetry is gone.
    pub(super) async fn run(mut self) {
        let mut due = Instant::now() + self.settings.schedule_delay;
        loop {
            tokio::select! {
                flushes = self.orders.flushes() => {
                    let Some(flushes) = flushes else { return };
                    self.drain().await;
                    flushes.done();
                }
                () = self.queue.full_batch() => due = self.export().await,
                () = tokio::time::sleep_until(due) => due = self.export().await,
            }
            self.ledger.say();
        }
    }

    /// Sends a batch and says when the next is due.
    async fn export(&mut self) -> Instant {
        let batch = self.queue.take_batch();
        self.send(batch).await;
        Instant::now() + self.settings.schedule_delay
    }

    /// Sends what waited when it was called; what comes meanwhile can wait for the next batch.
    async fn drain(&mut self) {
        let mut left = self.queue.take_all().into_iter();
        while left.len() > 0 {
            let batch = left.by_ref().take(self.queue.batch_size()).collect();
            if self.send(batch).await.is_none() {
                return;
            }
        }
    }

    /// Sends a batch; `None` when it is time to give up.
    async fn send(&mut self, batch: Vec<E::Item>) -> Option<()> {
        let give_up = Instant::now() + self.settings.export_timeout;
        for request in self.encoder.encode(batch) {
            let sent = tokio::select! {
                sent = self.to.send(&request, give_up) => sent,
                () = self.orders.closing() => return None, // stays in `waiting`: the shutdown report's `left`
            };
            self.queue.settled(request.items());
            self.settle(request.items() as u64, sent);
        }
        Some(())
    }

    fn settle(&self, items: u64, sent: Sent) {
        let lost = |loss, items, why| self.ledger.lost(self.signal, loss, items, why);
        match sent {
            Sent::Accepted { rejected, why } => {
                self.ledger
                    .exported(self.signal, items.saturating_sub(rejected));
                if rejected > 0 {
                    lost(Loss::Rejected, rejected, why);
                } else if !why.is_empty() {
                    self.ledger.failing(self.signal, Loss::Rejected, why); // a warning by the receiver
                }
            }
            Sent::Refused { why } => lost(Loss::Rejected, items, why),
            Sent::Unreachable { why } => lost(Loss::Unreachable, items, why),
        }
    }
}
