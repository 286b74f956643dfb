//! What is running on the exporters' thread, flushed and ended within a deadline.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{OptionFuture, join, join_all};
use tokio::time::Instant;

use super::ExporterThread;
use super::PipelineError;
use super::batches::{Encode, Exporter, Hold};
use super::ledger::{Ledger, Signal};
use super::metrics::{Push, Pusher};
use super::otlp::Receiver;
use crate::config::Otlp;

/// What one signal came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalReport {
    /// Items the receiver accepted: spans, log lines, or points of all pushes together.
    pub exported: u64,
    /// Items lost on the way; the reasons are in `axisor_telemetry_dropped_total`.
    pub dropped: u64,
    /// Items still unsent when the deadline came: spans, log lines, or points of the last push.
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

/// What a flush or a shutdown came to, signal by signal, since the telemetry was built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Spans.
    pub traces: SignalReport,
    /// Points of series.
    pub metrics: SignalReport,
    /// Log lines sent by OTLP.
    pub logs: SignalReport,
    /// Errors sent to Sentry.
    pub errors: SignalReport,
}

impl ShutdownReport {
    /// What one signal came to.
    #[must_use]
    pub fn of(&self, signal: Signal) -> SignalReport {
        match signal {
            Signal::Traces => self.traces,
            Signal::Metrics => self.metrics,
            Signal::Logs => self.logs,
            Signal::Errors => self.errors,
        }
    }

    fn signals(&self) -> [SignalReport; 4] {
        [self.traces, self.metrics, self.logs, self.errors]
    }

    fn dropped(&self) -> u64 {
        self.signals().iter().map(|signal| signal.dropped).sum()
    }

    fn left(&self) -> u64 {
        self.signals().iter().map(|signal| signal.left).sum()
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            traces,
            metrics,
            logs,
            errors,
        } = self;
        write!(
            f,
            "traces: {traces}; metrics: {metrics}; logs: {logs}; errors: {errors}"
        )
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
    /// Something was lost or refused meanwhile, or the series could not be collected.
    #[error("not all telemetry was accepted: {report}")]
    Lost {
        /// What was sent, lost and left.
        report: ShutdownReport,
    },
}

/// Longer than anybody waits; a deadline beyond it is taken for this.
const LONGEST: Duration = Duration::from_secs(86_400);

/// The running exports of one telemetry.
pub(crate) struct Pipeline {
    ledger: Arc<Ledger>,
    thread: Mutex<Option<Arc<ExporterThread>>>,
    queues: Vec<Hold>,
    metrics: Option<Push>,
}

impl Pipeline {
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            thread: Mutex::new(None),
            queues: Vec::new(),
            metrics: None,
        }
    }

    pub(super) fn send_batches<E: Encode>(
        &mut self,
        to: &Destination<'_>,
        queue: Hold,
        exporter: impl FnOnce(Receiver) -> Exporter<E>,
    ) -> Result<(), PipelineError> {
        let thread = self.thread()?;
        let receiver = connect(&thread, queue.signal(), to)?;
        thread.spawn(exporter(receiver).run());
        self.queues.push(queue);
        Ok(())
    }

    pub(super) fn push_metrics(
        &mut self,
        otlp: &Otlp,
        push: Push,
        pusher: impl FnOnce(Receiver) -> Pusher,
    ) -> Result<(), PipelineError> {
        let thread = self.thread()?;
        let receiver = connect(&thread, Signal::Metrics, &Destination::of_otlp(otlp))?;
        thread.spawn(pusher(receiver).run());
        self.metrics = Some(push);
        Ok(())
    }

    fn thread(&mut self) -> Result<Arc<ExporterThread>, PipelineError> {
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread {
            return Ok(Arc::clone(thread));
        }
        let started = Arc::new(ExporterThread::start().map_err(PipelineError::Thread)?);
        *thread = Some(Arc::clone(&started));
        Ok(started)
    }

    /// Sends what there is and goes on; blocks the caller at most `deadline`.
    pub(crate) fn flush(&self, deadline: Duration) -> Result<ShutdownReport, ShutdownError> {
        let deadline = deadline.min(LONGEST);
        let before = self.report();
        let finished = self.run_flushes(deadline).is_some();
        self.judge(deadline, before, finished)
    }

    /// Sends what there is and ends the thread; blocks the caller at most `deadline`. Once ended, it stays so.
    pub(crate) fn shutdown(&self, deadline: Duration) -> Result<ShutdownReport, ShutdownError> {
        let before = self.report();
        if self.lock_thread().is_none() {
            return Ok(before);
        }
        let deadline = deadline.min(LONGEST);
        let give_up = Instant::now() + deadline - (deadline / 10).min(MARGIN);
        for queue in &self.queues {
            queue.close(give_up);
        }
        if let Some(metrics) = &self.metrics {
            metrics.close(give_up);
        }
        let flushed = self.run_flushes(deadline).is_some();
        self.lock_thread().take();
        let left = self.report();
        let finished = flushed && left.left() == 0;
        self.judge(deadline, before, finished)
    }

    fn run_flushes(&self, deadline: Duration) -> Option<()> {
        let thread = self.lock_thread().clone();
        let Some(thread) = thread else {
            return Some(());
        };
        let queues = join_all(self.queues.iter().map(Hold::flush));
        let metrics = OptionFuture::from(self.metrics.as_ref().map(Push::flush));
        thread.run(join(queues, metrics), deadline).map(|_| ())
    }

    /// An error if it is not `finished`, or if anything was lost since `before`.
    fn judge(
        &self,
        deadline: Duration,
        before: ShutdownReport,
        finished: bool,
    ) -> Result<ShutdownReport, ShutdownError> {
        let report = self.report();
        let lost =
            report.dropped() > before.dropped() || self.metrics.as_ref().is_some_and(Push::failed);
        match (finished, lost) {
            (false, _) => Err(ShutdownError::Deadline { deadline, report }),
            (true, true) => Err(ShutdownError::Lost { report }),
            (true, false) => Ok(report),
        }
    }

    fn lock_thread(&self) -> MutexGuard<'_, Option<Arc<ExporterThread>>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
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
        let queued = |of| {
            let queue = self.queues.iter().find(|queue| queue.signal() == of);
            signal(of, queue.map_or(0, Hold::waiting))
        };
        ShutdownReport {
            traces: queued(Signal::Traces),
            metrics: signal(
                Signal::Metrics,
                self.metrics.as_ref().map_or(0, Push::unsent),
            ),
            logs: queued(Signal::Logs),
            errors: queued(Signal::Errors),
        }
    }
}

/// The exporters give up a little before the caller does, so that the report is complete.
const MARGIN: Duration = Duration::from_millis(50);

/// The longest the exporters' thread may take to read certificates and the like.
const CONNECT: Duration = Duration::from_secs(10);

/// Where requests go and what they are.
pub(super) struct Destination<'a> {
    pub(super) otlp: &'a Otlp,
    pub(super) content_type: &'static str,
}

impl<'a> Destination<'a> {
    pub(super) fn of_otlp(otlp: &'a Otlp) -> Self {
        Self {
            otlp,
            content_type: "application/x-protobuf",
        }
    }
}

/// Makes a receiver where it is used. Nothing is sent yet.
fn connect(
    thread: &ExporterThread,
    signal: Signal,
    to: &Destination<'_>,
) -> Result<Receiver, PipelineError> {
    let (otlp, content_type) = (to.otlp.clone(), to.content_type);
    let connected = thread.run(async move { Receiver::new(&otlp, content_type) }, CONNECT);
    let receiver =
        connected.unwrap_or_else(|| Err("the exporters' thread does not answer".to_owned()));
    receiver.map_err(|reason| PipelineError::Receiver {
        signal,
        endpoint: to.otlp.endpoint.clone(),
        reason,
    })
}
