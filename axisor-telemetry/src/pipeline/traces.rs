//! Spans on their way out: a bounded queue, batches, retries, and an account of each span.
//!
//! The SDK's batch processor drops from a full queue without a word and may call a lost export a success;
//! this one tells the [`Ledger`] about every span.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::time::Instant;

use super::control::{Control, Orders};
use super::ledger::{Ledger, Loss, Signal};
use super::otlp::{Receiver, Sent};
use super::split;
use crate::config::Traces;

/// What both ends of the queue know.
#[derive(Debug, Default)]
struct Shared {
    closed: AtomicBool,
    waiting: AtomicU64,
}

/// Makes the two ends of the queue and the task between them.
pub(crate) fn queue(
    settings: Traces,
    resource: &Resource,
    ledger: &Arc<Ledger>,
) -> (
    QueueProcessor,
    SpanQueue,
    impl FnOnce(Receiver) -> Exporter + Send + use<>,
) {
    let shared = Arc::new(Shared::default());
    let (sender, receiver) = mpsc::channel(settings.queue_size);
    let (control, orders) = Control::new();
    let processor = QueueProcessor {
        queue: sender,
        shared: Arc::clone(&shared),
        ledger: Arc::clone(ledger),
    };
    let queue = SpanQueue {
        control,
        shared: Arc::clone(&shared),
    };
    let (resource, ledger) = (
        ResourceAttributesWithSchema::from(resource),
        Arc::clone(ledger),
    );
    let exporter = move |to: Receiver| Exporter {
        queue: receiver,
        orders,
        to,
        settings,
        resource,
        shared,
        ledger,
    };
    (processor, queue, exporter)
}

/// The service's end of the queue: takes ended spans and never waits.
#[derive(Debug)]
pub(crate) struct QueueProcessor {
    queue: mpsc::Sender<SpanData>,
    shared: Arc<Shared>,
    ledger: Arc<Ledger>,
}

impl SpanProcessor for QueueProcessor {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.shared.closed.load(Ordering::Acquire) {
            return self.ledger.lost(
                Signal::Traces,
                Loss::AfterShutdown,
                1,
                "the telemetry is shut down",
            );
        }
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        if let Err(refused) = self.queue.try_send(span) {
            self.shared.waiting.fetch_sub(1, Ordering::AcqRel);
            let loss = match refused {
                TrySendError::Full(_) => Loss::QueueFull,
                TrySendError::Closed(_) => Loss::AfterShutdown,
            };
            self.ledger.lost(
                Signal::Traces,
                loss,
                1,
                "a span that could not wait to be sent",
            );
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The telemetry's end of the queue: flushes and closes it.
#[derive(Debug)]
pub(crate) struct SpanQueue {
    control: Control,
    shared: Arc<Shared>,
}

impl SpanQueue {
    /// Waits until every span that ended before this call is sent or lost.
    pub(crate) fn flush(&self) -> impl Future<Output = ()> + Send + use<> {
        self.control.flush()
    }

    /// Takes no further span and gives up sending at `at`.
    pub(crate) fn close(&self, at: Instant) {
        self.shared.closed.store(true, Ordering::Release);
        self.control.close(at);
    }

    /// Spans that are neither sent nor lost.
    pub(crate) fn waiting(&self) -> u64 {
        self.shared.waiting.load(Ordering::Acquire)
    }
}

/// The task on the exporters' thread.
pub(crate) struct Exporter {
    queue: mpsc::Receiver<SpanData>,
    orders: Orders,
    to: Receiver,
    settings: Traces,
    resource: ResourceAttributesWithSchema,
    shared: Arc<Shared>,
    ledger: Arc<Ledger>,
}

impl Exporter {
    /// Sends batches when they are full or due, until the telemetry is gone.
    pub(crate) async fn run(mut self) {
        let mut batch = Vec::with_capacity(self.settings.batch_size);
        let mut due = Instant::now() + self.settings.schedule_delay;
        loop {
            let room = self.settings.batch_size - batch.len();
            tokio::select! {
                flushes = self.orders.flushes() => {
                    let Some(flushes) = flushes else { return };
                    self.drain(&mut batch).await;
                    flushes.done();
                }
                received = self.queue.recv_many(&mut batch, room), if room > 0 => {
                    if received == 0 {
                        return self.export(&mut batch).await;
                    }
                }
                () = tokio::time::sleep_until(due) => {}
            }
            if batch.len() >= self.settings.batch_size || Instant::now() >= due {
                self.export(&mut batch).await;
                due = Instant::now() + self.settings.schedule_delay;
            }
        }
    }

    /// Sends what waited when it was called; what ends meanwhile can wait for the next batch.
    async fn drain(&mut self, batch: &mut Vec<SpanData>) {
        let mut left = self.shared.waiting.load(Ordering::Acquire);
        while left > 0 {
            while batch.len() < self.settings.batch_size
                && let Ok(span) = self.queue.try_recv()
            {
                batch.push(span);
            }
            if batch.is_empty() {
                return;
            }
            left = left.saturating_sub(batch.len() as u64);
            self.export(batch).await;
        }
    }

    async fn export(&mut self, batch: &mut Vec<SpanData>) {
        if batch.is_empty() {
            return;
        }
        let spans = std::mem::replace(batch, Vec::with_capacity(self.settings.batch_size));
        let request = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(spans, &self.resource),
        };
        let give_up = Instant::now() + self.settings.export_timeout;
        for request in split::traces(request, split::MAX_REQUEST) {
            let items = count(&request);
            let sent = tokio::select! {
                sent = self.to.send(&request, give_up) => sent,
                () = self.orders.closing() => return, // stays in `waiting`: the shutdown report's `left`
            };
            self.shared.waiting.fetch_sub(items, Ordering::AcqRel);
            self.settle(items, sent);
        }
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

fn count(request: &ExportTraceServiceRequest) -> u64 {
    let scopes = request
        .resource_spans
        .iter()
        .flat_map(|resource| &resource.scope_spans);
    scopes.map(|scope| scope.spans.len() as u64).sum()
}
