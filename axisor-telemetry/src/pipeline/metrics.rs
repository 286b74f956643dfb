//! One collection for both ways out: what a scrape gets is what is pushed.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, Temporality};
use tokio::time::{Instant, MissedTickBehavior};

use super::control::{Control, Orders};
use super::ledger::{Ledger, Loss, Signal};
use super::otlp::{Receiver, Sent};
use super::split;
use crate::config::Metrics;
use crate::instruments::Families;

/// Why nothing could be collected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The SDK's reader failed; after a panic in an observable callback it does so for good.
    #[error("metrics cannot be collected: {reason}")]
    Reader {
        /// What the SDK says.
        reason: String,
    },
    /// A user's observable callback panicked in this very collection.
    #[error("metrics cannot be collected: an observable callback panicked")]
    Panicked,
}

/// The SDK's manual reader, shared between the provider and those who collect.
#[derive(Clone)]
pub(crate) struct Reader(Arc<ManualReader>);

impl Reader {
    /// Cumulative, whatever the environment prefers: delta would lose gauges and reset counters.
    pub(crate) fn new() -> Self {
        Self(Arc::new(
            ManualReader::builder()
                .with_temporality(Temporality::Cumulative)
                .build(),
        ))
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}

/// Collects every series as it stands: the product's own, and after them those of users' OpenTelemetry instruments.
#[derive(Clone)]
pub(crate) struct Collector {
    reader: Reader,
    families: Arc<Families>,
}

impl Collector {
    pub(crate) fn new(reader: Reader, families: Arc<Families>) -> Self {
        Self { reader, families }
    }

    /// # Errors
    /// [`CollectError`]; nothing is recorded or reset by a collection.
    pub(crate) fn collect(&self) -> Result<ExportMetricsServiceRequest, CollectError> {
        let mut metrics = ResourceMetrics::default();
        catch_unwind(AssertUnwindSafe(|| self.reader.collect(&mut metrics)))
            .map_err(|_| CollectError::Panicked)?
            .map_err(|error| CollectError::Reader {
                reason: error.to_string(),
            })?;
        let mut request = ExportMetricsServiceRequest::from(&metrics);
        let ours = self.families.collect(); // last, since users' callbacks may record
        if let Some(resource) = request.resource_metrics.first_mut() {
            resource.scope_metrics.insert(0, ours);
        }
        Ok(request)
    }
}

/// The families of a collection.
pub(crate) fn families(request: &ExportMetricsServiceRequest) -> impl Iterator<Item = &Metric> {
    request
        .resource_metrics
        .iter()
        .flat_map(|resource| &resource.scope_metrics)
        .flat_map(|scope| &scope.metrics)
}

fn points(request: &ExportMetricsServiceRequest) -> u64 {
    let count = |family: &Metric| match &family.data {
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Histogram(histogram)) => histogram.data_points.len(),
        Some(Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
        Some(Data::Summary(summary)) => summary.data_points.len(),
        None => 0,
    };
    families(request).map(count).sum::<usize>() as u64
}

/// The telemetry's hold on the push task.
#[derive(Debug)]
pub(crate) struct Push {
    control: Control,
    last: Arc<LastPush>,
}

/// What became of the last push.
#[derive(Debug, Default)]
struct LastPush {
    /// Points that were not accepted. The next push would bring them, as they are cumulative.
    unsent: AtomicU64,
    failed: AtomicBool,
}

/// Makes the hold and the task.
pub(crate) fn push(
    settings: Metrics,
    collector: Collector,
    ledger: &Arc<Ledger>,
) -> (Push, impl FnOnce(Receiver) -> Pusher + Send + use<>) {
    let (control, orders) = Control::new();
    let last = Arc::<LastPush>::default();
    let hold = Push {
        control,
        last: Arc::clone(&last),
    };
    let ledger = Arc::clone(ledger);
    (hold, move |to: Receiver| Pusher {
        settings,
        collector,
        orders,
        to,
        last,
        ledger,
    })
}

impl Push {
    /// Pushes every series as it stands when the task gets to it.
    pub(crate) fn flush(&self) -> impl Future<Output = ()> + Send + use<> {
        self.control.flush()
    }

    /// Gives up pushing at `at`.
    pub(crate) fn close(&self, at: Instant) {
        self.control.close(at);
    }

    /// Points of the last push that were not accepted.
    pub(crate) fn unsent(&self) -> u64 {
        self.last.unsent.load(Ordering::Acquire)
    }

    /// Whether the last push did not bring everything, or could not even be collected.
    pub(crate) fn failed(&self) -> bool {
        self.last.failed.load(Ordering::Acquire)
    }
}

/// The task on the exporters' thread.
pub(crate) struct Pusher {
    settings: Metrics,
    collector: Collector,
    orders: Orders,
    to: Receiver,
    last: Arc<LastPush>,
    ledger: Arc<Ledger>,
}

impl Pusher {
    /// Pushes at every interval and on demand, until the telemetry is gone.
    pub(crate) async fn run(mut self) {
        let mut interval = tokio::time::interval(self.settings.interval);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        interval.tick().await; // the first tick is immediate
        loop {
            tokio::select! {
                _ = interval.tick() => self.push().await,
                flushes = self.orders.flushes() => {
                    let Some(flushes) = flushes else { return };
                    self.push().await;
                    flushes.done();
                }
            }
        }
    }

    async fn push(&self) {
        self.last.failed.store(true, Ordering::Release);
        let collection = match self.collector.collect() {
            Ok(collection) => collection,
            Err(error) => return self.ledger.failing(Signal::Metrics, Loss::Rejected, error),
        };
        self.last
            .unsent
            .store(points(&collection), Ordering::Release);
        let give_up = Instant::now() + self.settings.timeout;
        let mut complete = true;
        for request in split::metrics(collection, split::MAX_REQUEST) {
            tokio::select! {
                sent = self.to.send(&request, give_up) => complete &= self.settle(points(&request), sent),
                () = self.orders.closing() => return,
            }
        }
        self.last.failed.store(!complete, Ordering::Release);
    }

    /// Whether all of a request was accepted.
    fn settle(&self, items: u64, sent: Sent) -> bool {
        let failing = |loss, why| self.ledger.failing(Signal::Metrics, loss, why);
        match sent {
            Sent::Accepted { rejected, why } => {
                self.last.unsent.fetch_sub(items, Ordering::AcqRel);
                self.ledger
                    .exported(Signal::Metrics, items.saturating_sub(rejected));
                if rejected > 0 {
                    self.ledger
                        .lost(Signal::Metrics, Loss::Rejected, rejected, why);
                } else if !why.is_empty() {
                    failing(Loss::Rejected, why); // a warning by the receiver
                }
                return rejected == 0;
            }
            // The next push brings the same series again; after the last one they are lost.
            Sent::Refused { why } if self.orders.is_closing() => {
                self.last.unsent.fetch_sub(items, Ordering::AcqRel);
                self.ledger
                    .lost(Signal::Metrics, Loss::Rejected, items, why);
            }
            Sent::Refused { why } => failing(Loss::Rejected, why),
            Sent::Unreachable { why } => failing(Loss::Unreachable, why),
        }
        false
    }
}
