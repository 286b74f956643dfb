//! Where spans and the like wait to be sent: bounded, and in as many parts as threads work at a time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::sync::Notify;

use super::ledger::{Ledger, Loss, Signal};
use crate::shard;
use crate::trace::{EndedSpan, SpanSink};

/// A span that waits.
pub(super) enum Waiting {
    /// Of an annotated call.
    Call(EndedSpan),
    /// Made with the SDK.
    Sdk(SpanData),
}

/// How much may wait, and how it is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batching {
    pub(super) queue_size: usize,
    pub(super) batch_size: usize,
    pub(super) schedule_delay: Duration,
    pub(super) export_timeout: Duration,
}

/// Takes items of one signal and never waits.
pub(super) struct Queue<T> {
    signal: Signal,
    parts: Box<[Part<T>]>,
    /// The part the next batch begins with.
    next: AtomicUsize,
    /// In the parts; changes only under the lock of the part that does.
    queued: AtomicUsize,
    /// Taken out, and neither sent nor lost.
    sending: AtomicUsize,
    capacity: usize,
    batch_size: usize,
    full_batch: Notify,
    closed: AtomicBool,
    ledger: Arc<Ledger>,
}

/// In a cache line of its own.
#[repr(align(64))]
struct Part<T>(Mutex<VecDeque<T>>);

impl<T> Part<T> {
    fn new() -> Self {
        Self(Mutex::default())
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Queue<T> {
    pub(super) fn new(signal: Signal, settings: Batching, ledger: &Arc<Ledger>) -> Self {
        Self {
            signal,
            parts: shard::copies(Part::new),
            next: AtomicUsize::new(0),
            queued: AtomicUsize::new(0),
            sending: AtomicUsize::new(0),
            capacity: settings.queue_size,
            batch_size: settings.batch_size,
            full_batch: Notify::new(),
            closed: AtomicBool::new(false),
            ledger: Arc::clone(ledger),
        }
    }

    pub(super) fn push(&self, item: T) {
        match shard::with_own(&self.parts, |part| self.push_to(part, item)) {
            Ok(queued) if queued.is_multiple_of(self.batch_size) => self.full_batch.notify_one(),
            Ok(_) => {}
            Err((loss, why)) => self.lost(loss, why),
        }
    }

    /// How many items wait with this one, or why it does not.
    ///
    /// Closed is looked for under the part's lock: who empties the parts after [`close`](Waits::close) has every item
    /// that is not lost.
    fn push_to(&self, part: &Part<T>, item: T) -> Result<usize, (Loss, &'static str)> {
        let mut part = part.lock();
        if self.closed.load(Ordering::Acquire) {
            return Err((Loss::AfterShutdown, "the telemetry is shut down"));
        }
        let before = self.queued.fetch_add(1, Ordering::AcqRel);
        if before >= self.capacity {
            self.queued.fetch_sub(1, Ordering::AcqRel);
            return Err((Loss::QueueFull, "no room to wait in until it is sent"));
        }
        part.push_back(item);
        Ok(before + 1)
    }

    fn lost(&self, loss: Loss, why: &'static str) {
        match self.signal {
            Signal::Logs | Signal::Errors => {
                self.ledger.lost_while_logging(self.signal, loss, why);
            }
            Signal::Traces | Signal::Metrics => self.ledger.lost(self.signal, loss, 1, why),
        }
    }

    /// Waits until a batch is full.
    pub(super) async fn full_batch(&self) {
        while self.queued.load(Ordering::Acquire) < self.batch_size {
            self.full_batch.notified().await;
        }
    }

    pub(super) fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Takes a batch out, which counts as waiting until it is [`settled`](Self::settled).
    ///
    /// Each begins with another part, so that a busy thread keeps no other's items waiting.
    pub(super) fn take_batch(&self) -> Vec<T> {
        self.take(self.batch_size)
    }

    /// Takes out all that wait now, which count as waiting until they are [`settled`](Self::settled).
    pub(super) fn take_all(&self) -> Vec<T> {
        self.take(usize::MAX)
    }

    fn take(&self, most: usize) -> Vec<T> {
        let first = self.next.fetch_add(1, Ordering::Relaxed) % self.parts.len();
        let (before, from) = self.parts.split_at(first);
        let mut items = Vec::with_capacity(most.min(self.queued.load(Ordering::Acquire)));
        for part in from.iter().chain(before) {
            let mut part = part.lock();
            let taken = part.len().min(most - items.len());
            items.extend(part.drain(..taken));
            self.sending.fetch_add(taken, Ordering::AcqRel);
            self.queued.fetch_sub(taken, Ordering::AcqRel);
        }
        items
    }

    /// So many items of a batch are sent or lost.
    pub(super) fn settled(&self, items: usize) {
        self.sending.fetch_sub(items, Ordering::AcqRel);
    }
}

/// What a queue is to the telemetry that ends it.
pub(super) trait Waits: Send + Sync {
    /// Takes nothing further.
    fn close(&self);

    /// Items that are neither sent nor lost.
    fn waiting(&self) -> usize;
}

impl<T: Send> Waits for Queue<T> {
    fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    fn waiting(&self) -> usize {
        self.queued.load(Ordering::Acquire) + self.sending.load(Ordering::Acquire)
    }
}

impl SpanSink for Queue<Waiting> {
    fn ended(&self, span: EndedSpan) {
        self.push(Waiting::Call(span));
    }
}

impl SpanProcessor for Queue<Waiting> {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.push(Waiting::Sdk(span));
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;
    use std::thread;

    use super::*;
    use crate::instruments::{Families, Instruments};

    fn queue(queue_size: usize, batch_size: usize) -> Queue<&'static str> {
        let settings = Batching {
            queue_size,
            batch_size,
            schedule_delay: Duration::ZERO,
            export_timeout: Duration::ZERO,
        };
        let ledger = Ledger::new(&Instruments::new(&Arc::new(Families::new(100))));
        let mut queue = Queue::new(Signal::Traces, settings, &ledger);
        queue.parts = (0..8).map(|_| Part::new()).collect();
        queue
    }

    #[test]
    fn a_busy_thread_keeps_no_other_threads_span_waiting() {
        let queue = queue(100, 4);
        let fill = || {
            while queue
                .push_to(&queue.parts[0], "busy")
                .is_ok_and(|queued| queued < 50)
            {}
        };
        fill();
        queue.push_to(&queue.parts[5], "other").expect("room");
        let batches = std::iter::from_fn(|| {
            fill();
            Some(queue.take_batch())
        });
        let taken = batches.take(8).flatten().collect::<Vec<_>>();
        assert!(taken.contains(&"other"));
        assert_eq!(taken.len(), 32);
    }

    #[test]
    fn all_that_wait_are_taken_at_once_and_wait_until_they_are_settled() {
        let queue = queue(100, 4);
        for part in queue.parts.iter().cycle().take(20) {
            queue.push_to(part, "waits").expect("room");
        }
        assert_eq!(queue.take_all().len(), 20);
        assert_eq!((queue.queued.load(Relaxed), queue.waiting()), (0, 20));
        queue.settled(20);
        assert_eq!(queue.waiting(), 0);
    }

    #[test]
    fn every_span_that_ends_while_the_queue_closes_is_taken_or_lost() {
        for _ in 0..20 {
            let queue = queue(1_000_000, 1);
            let taken = thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| (0..500).for_each(|_| queue.push("late")));
                }
                thread::yield_now();
                queue.close();
                let taken = queue.take_all().len();
                assert_eq!(queue.queued.load(Relaxed), 0, "nothing comes after");
                taken
            });
            assert_eq!(queue.take_all().len(), 0);
            let (_, lost) = queue.ledger.totals(Signal::Traces);
            assert_eq!(taken as u64 + lost, 1_500);
        }
    }

    #[test]
    fn one_span_too_many_is_lost_and_not_counted_as_waiting() {
        let queue = queue(2, 1);
        for _ in 0..3 {
            queue.push("waits");
        }
        assert_eq!(queue.waiting(), 2);
        assert_eq!(queue.ledger.totals(Signal::Traces), (0, 1));
    }
}
