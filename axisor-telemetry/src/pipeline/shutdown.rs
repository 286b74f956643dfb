//! What is running on the exporters' thread, flushed and ended within a deadline.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::ExporterThread;
use super::ledger::{Ledger, Loss, Signal};
use super::metrics::{Push, Pusher};
use super::otlp::Receiver;
use super::traces::{Exporter, SpanQueue};
use crate::config::Otlp;

/// What one signal came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalReport {
    /// Items the receiver accepted: spans, or points of all pushes together.
    pub exported: u64,
    /// Items lost on the way; the reasons are in `axisor_telemetry_dropped_total`.
    pub dropped: u64,
    /// Items still unsent when the deadline came: spans, or points of the last push.
    pub left: u64,
}

impl fmt::Display for SignalReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} exported, {} dropped, {} left",
            self.exported, self.dropped, self.left
        )
    }
}

/// What a shutdown came to, signal by signal.
#[must_use = "it says what was not sent"]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Spans.
    pub traces: SignalReport,
    /// Points of series.
    pub metrics: SignalReport,
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "traces: {}; metrics: {}", self.traces, self.metrics)
    }
}

/// Why a flush or a shutdown did not send everything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// Something was still unsent at the deadline.
    #[error("telemetry was still unsent at the deadline of {deadline:?}: {report}")]
    Deadline {
        /// The deadline given.
        deadline: Duration,
        /// What was sent, lost and left.
        report: ShutdownReport,
    },
}

/// The running exports of one telemetry.
pub(crate) struct Pipeline {
    ledger: Arc<Ledger>,
    thread: Mutex<Option<Arc<ExporterThread>>>,
    spans: Option<SpanQueue>,
    metrics: Option<Push>,
}

impl Pipeline {
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            thread: Mutex::new(None),
            spans: None,
            metrics: None,
        }
    }

    pub(super) fn send_spans(
        &mut self,
        otlp: Otlp,
        queue: SpanQueue,
        exporter: impl FnOnce(Receiver) -> Exporter + Send + 'static,
    ) -> io::Result<()> {
        let ledger = Arc::clone(&self.ledger);
        self.thread()?.spawn(async move {
            match Receiver::new(&otlp) {
                Ok(receiver) => exporter(receiver).run().await,
                Err(why) => ledger.failing(Signal::Traces, Loss::Rejected, why),
            }
        });
        self.spans = Some(queue);
        Ok(())
    }

    pub(super) fn push_metrics(
        &mut self,
        otlp: Otlp,
        push: Push,
        pusher: impl FnOnce(Receiver) -> Pusher + Send + 'static,
    ) -> io::Result<()> {
        let ledger = Arc::clone(&self.ledger);
        self.thread()?.spawn(async move {
            match Receiver::new(&otlp) {
                Ok(receiver) => pusher(receiver).run().await,
                Err(why) => ledger.failing(Signal::Metrics, Loss::Rejected, why),
            }
        });
        self.metrics = Some(push);
        Ok(())
    }

    fn thread(&mut self) -> io::Result<Arc<ExporterThread>> {
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            *thread = Some(Arc::new(ExporterThread::start()?));
        }
        Ok(Arc::clone(thread.as_ref().expect("just started")))
    }

    /// Sends what there is and goes on; blocks the caller at most `deadline`.
    pub(crate) fn flush(&self, deadline: Duration) -> Result<(), ShutdownError> {
        match self.run_flushes(deadline) {
            Some(()) => Ok(()),
            None => Err(ShutdownError::Deadline {
                deadline,
                report: self.report(),
            }),
        }
    }

    /// Sends what there is and ends the thread; blocks the caller at most `deadline`.
    pub(crate) fn shutdown(&self, deadline: Duration) -> Result<ShutdownReport, ShutdownError> {
        let margin = (deadline / 10).min(Duration::from_millis(50));
        let give_up = Instant::now() + deadline.saturating_sub(margin);
        if let Some(spans) = &self.spans {
            spans.close(give_up);
        }
        if let Some(metrics) = &self.metrics {
            metrics.close(give_up);
        }
        let _ = self.run_flushes(deadline);
        self.thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let report = self.report();
        if report.traces.left + report.metrics.left > 0 {
            return Err(ShutdownError::Deadline { deadline, report });
        }
        Ok(report)
    }

    fn run_flushes(&self, deadline: Duration) -> Option<()> {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(thread) = thread else {
            return Some(());
        };
        let spans = self.spans.as_ref().map(SpanQueue::flush);
        let metrics = self.metrics.as_ref().map(Push::flush);
        let both = async move {
            tokio::join!(
                async {
                    if let Some(spans) = spans {
                        spans.await;
                    }
                },
                async {
                    if let Some(metrics) = metrics {
                        metrics.await;
                    }
                },
            );
        };
        thread.run(both, deadline)
    }

    fn report(&self) -> ShutdownReport {
        let signal = |signal, left| {
            let (exported, dropped) = self.ledger.totals(signal);
            SignalReport {
                exported,
                dropped,
                left,
            }
        };
        ShutdownReport {
            traces: signal(
                Signal::Traces,
                self.spans.as_ref().map_or(0, SpanQueue::waiting),
            ),
            metrics: signal(
                Signal::Metrics,
                self.metrics.as_ref().map_or(0, Push::unsent),
            ),
        }
    }
}
