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
    /// In the parts; an item is counted before it is there.
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
        if self.closed.load(Ordering::Acquire) {
            return self.lost(Loss::AfterShutdown, "the telemetry is shut down");
        }
        let before = self.queued.fetch_add(1, Ordering::AcqRel);
        if before >= self.capacity {
            self.queued.fetch_sub(1, Ordering::AcqRel);
            return self.lost(Loss::QueueFull, "no room to wait in until it is sent");
        }
        shard::own(&self.parts).lock().push_back(item);
        if (before + 1).is_multiple_of(self.batch_size) {
            self.full_batch.notify_one();
        }
    }

    fn lost(&self, loss: Loss, why: &'static str) {
        match self.signal {
            Signal::Logs | Signal::Errors => {
                self.ledger.lost_while_logging(self.signal, loss, why);
            }
            Signal::Traces | Signal::Metrics => self.ledger.lost(self.signal, loss, 1, why),
        }
    }

    /// Waits until a batch may be full.
    pub(super) async fn full_batch(&self) {
        self.full_batch.notified().await;
    }

    pub(super) fn has_full_batch(&self) -> bool {
        self.queued.load(Ordering::Acquire) >= self.batch_size
    }

    /// Takes a batch out, which counts as waiting until it is [`settled`](Self::settled).
    pub(super) fn take_batch(&self) -> Vec<T> {
        let mut batch = Vec::with_capacity(self.batch_size);
        for part in &self.parts {
            let mut part = part.lock();
            let room = self.batch_size - batch.len();
            let taken = room.min(part.len());
            batch.extend(part.drain(..taken));
        }
        self.sending.fetch_add(batch.len(), Ordering::AcqRel);
        self.queued.fetch_sub(batch.len(), Ordering::AcqRel);
        batch
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
