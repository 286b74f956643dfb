//! Spans on their way out: a bounded queue, batches, retries, and an account of each span.
//!
//! The SDK's batch processor drops from a full queue without a word and may call a lost export a success;
//! this one tells the [`Ledger`] about every span.

use std::sync::Arc;

use opentelemetry_sdk::Resource;
use tokio::time::Instant;

use super::control::{Control, Orders};
use super::encode::Encoder;
use super::ledger::{Ledger, Loss, Signal};
use super::otlp::{Receiver, Sent};
use super::queue::{Queue, Waiting};
use super::split::MAX_REQUEST;
use crate::clock::Clock;
use crate::config::Traces;

/// Makes the two ends of the queue and the task between them.
pub(crate) fn queue(
    settings: Traces,
    resource: &Resource,
    clock: Clock,
    ledger: &Arc<Ledger>,
) -> (
    Arc<Queue>,
    SpanQueue,
    impl FnOnce(Receiver) -> Exporter + Send + use<>,
) {
    let queue = Arc::new(Queue::new(&settings, ledger));
    let (control, orders) = Control::new();
    let hold = SpanQueue {
        control,
        queue: Arc::clone(&queue),
    };
    let encoder = Encoder::new(resource, clock, MAX_REQUEST);
    let (taken, ledger) = (Arc::clone(&queue), Arc::clone(ledger));
    let exporter = move |to: Receiver| Exporter {
        queue: taken,
        orders,
        to,
        settings,
        encoder,
        ledger,
    };
    (queue, hold, exporter)
}

/// The telemetry's end of the queue: flushes and closes it.
#[derive(Debug)]
pub(crate) struct SpanQueue {
    control: Control,
    queue: Arc<Queue>,
}

impl SpanQueue {
    /// Waits until every span that ended before this call is sent or lost.
    pub(crate) fn flush(&self) -> impl Future<Output = ()> + Send + use<> {
        self.control.flush()
    }

    /// Takes no further span and gives up sending at `at`.
    pub(crate) fn close(&self, at: Instant) {
        self.queue.close();
        self.control.close(at);
    }

    /// Spans that are neither sent nor lost.
    pub(crate) fn waiting(&self) -> u64 {
        self.queue.waiting() as u64
    }
}

/// The task on the exporters' thread.
pub(crate) struct Exporter {
    queue: Arc<Queue>,
    orders: Orders,
    to: Receiver,
    settings: Traces,
    encoder: Encoder,
    ledger: Arc<Ledger>,
}

impl Exporter {
    /// Sends batches when they are full or due, until the telemetry is gone.
    pub(crate) async fn run(mut self) {
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
        }
    }

    /// Sends a batch and says when the next is due.
    async fn export(&mut self) -> Instant {
        let batch = self.queue.take_batch();
        self.send(batch).await;
        Instant::now() + self.settings.schedule_delay
    }

    /// Sends what waited when it was called; what ends meanwhile can wait for the next batch.
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
    async fn send(&mut self, batch: Vec<Waiting>) -> Option<()> {
        let give_up = Instant::now() + self.settings.export_timeout;
        for request in self.encoder.encode(batch) {
            let sent = tokio::select! {
                sent = self.to.send(&request, give_up) => sent,
                () = self.orders.closing() => return None, // stays in `waiting`: the shutdown report's `left`
            };
            self.queue.settled(request.spans);
            self.settle(request.spans as u64, sent);
        }
        Some(())
    }

    fn settle(&self, items: u64, sent: Sent) {
        let lost = |loss, items, why| self.ledger.lost(Signal::Traces, loss, items, why);
        match sent {
            Sent::Accepted { rejected, why } => {
                self.ledger
                    .exported(Signal::Traces, items.saturating_sub(rejected));
                if rejected > 0 {
                    lost(Loss::Rejected, rejected, why);
                } else if !why.is_empty() {
                    self.ledger.failing(Signal::Traces, Loss::Rejected, why); // a warning by the receiver
                }
            }
            Sent::Refused { why } => lost(Loss::Rejected, items, why),
            Sent::Unreachable { why } => lost(Loss::Unreachable, items, why),
        }
    }
}
