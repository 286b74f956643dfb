//! What was sent and what was lost, signal by signal: the one place where a loss is counted and logged.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use tracing::dispatcher::{self, Dispatch, WeakDispatch};

use crate::catalog::TELEMETRY_DROPPED;
use crate::instruments::{CounterFamily, Instruments};
use crate::redact;

/// A stream of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// Spans.
    Traces,
    /// Points of series.
    Metrics,
    /// Log lines.
    Logs,
    /// Errors to Sentry.
    Errors,
}

impl Signal {
    const COUNT: usize = 4;

    /// The value of the `signal` label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
            Self::Errors => "errors",
        }
    }
}

/// Why something never reached the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// The queue was full: the receiver was slower than the service, or away.
    QueueFull,
    /// The receiver could not be reached, or did not answer, until the export's timeout.
    Unreachable,
    /// The receiver refused it.
    Rejected,
    /// It ended after the shutdown.
    AfterShutdown,
}

impl Loss {
    const COUNT: usize = 4;

    /// The value of the `reason` label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Unreachable => "unreachable",
            Self::Rejected => "rejected",
            Self::AfterShutdown => "after_shutdown",
        }
    }
}

/// A kind of loss is over, and worth a new line in the log, after so long without another.
const QUIET: Duration = Duration::from_secs(10);

/// Counts per signal, in the product's own series and for the shutdown report.
pub(crate) struct Ledger {
    exported: Arc<CounterFamily>,
    dropped: Arc<CounterFamily>,
    accounts: [Account; Signal::COUNT],
    /// Losses to be logged by the exporters' thread.
    unsaid: Mutex<Vec<(Signal, Loss, &'static str)>>,
    log: OnceLock<WeakDispatch>,
    /// The subscriber of the thread that built the telemetry, as long as there is no better one.
    builders_log: WeakDispatch,
}

#[derive(Default)]
struct Account {
    exported: AtomicU64,
    dropped: AtomicU64,
    /// When each kind of [`Loss`] that has been logged was last seen.
    losses: Mutex<[Option<Instant>; Loss::COUNT]>,
    /// What the last failure said.
    why: Mutex<String>,
}

impl Account {
    /// Whether this loss begins now.
    fn begins(&self, loss: Loss) -> bool {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        losses[loss as usize].replace(Instant::now()).is_none()
    }

    /// Whether a loss was over when this succeeded.
    fn is_over(&self) -> bool {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        let mut over = false;
        for seen in losses.iter_mut() {
            if seen.is_some_and(|seen| seen.elapsed() >= QUIET) {
                *seen = None;
                over = true;
            }
        }
        over
    }
}

impl Ledger {
    pub(crate) fn new(instruments: &Instruments) -> Arc<Self> {
        Arc::new(Self {
            exported: Arc::clone(&instruments.telemetry_exported),
            dropped: Arc::clone(&instruments.telemetry_dropped),
            accounts: Default::default(),
            unsaid: Mutex::default(),
            log: OnceLock::new(),
            builders_log: dispatcher::get_default(Dispatch::downgrade),
        })
    }

    /// Where losses are logged: exporters work on a thread of their own, whose own events go nowhere.
    pub(crate) fn log_to(&self, log: WeakDispatch) {
        let _ = self.log.set(log);
    }

    pub(crate) fn exported(&self, signal: Signal, items: u64) {
        if items == 0 {
            return;
        }
        let account = self.account(signal);
        account.exported.fetch_add(items, Ordering::Relaxed);
        self.exported.with(&[signal.as_str()]).add(items);
        if account.is_over() {
            self.log(|| tracing::info!(signal = signal.as_str(), "telemetry is exported again"));
        }
    }

    pub(crate) fn lost(&self, signal: Signal, loss: Loss, items: u64, why: impl fmt::Display) {
        self.count_lost(signal, loss, items);
        self.failing(signal, loss, why);
    }

    /// The same where nothing may be logged: while a line is being taken `tracing` cannot take another, and a panic may
    /// have begun anywhere.
    pub(crate) fn lost_while_logging(&self, signal: Signal, loss: Loss, why: &'static str) {
        self.count_lost(signal, loss, 1);
        if self.account(signal).begins(loss) {
            self.unsaid().push((signal, loss, why));
        }
    }

    fn count_lost(&self, signal: Signal, loss: Loss, items: u64) {
        let account = self.account(signal);
        account.dropped.fetch_add(items, Ordering::Relaxed);
        self.dropped
            .with(&[signal.as_str(), loss.as_str()])
            .add(items);
    }

    /// Logs what could not be logged where it happened.
    pub(crate) fn say(&self) {
        let unsaid = std::mem::take(&mut *self.unsaid());
        for (signal, loss, why) in unsaid {
            self.log_failing(signal, loss, why);
        }
    }

    /// A failure that lost nothing yet.
    pub(crate) fn failing(&self, signal: Signal, loss: Loss, why: impl fmt::Display) {
        *self.why(signal) = why.to_string();
        if self.account(signal).begins(loss) {
            self.log_failing(signal, loss, why);
        }
    }

    fn log_failing(&self, signal: Signal, loss: Loss, why: impl fmt::Display) {
        self.log(|| {
            tracing::warn!(
                signal = signal.as_str(),
                reason = loss.as_str(),
                error = %redact::text(&why.to_string()),
                "telemetry is not exported; {} counts what is lost",
                TELEMETRY_DROPPED.name
            );
        });
    }

    fn unsaid(&self) -> MutexGuard<'_, Vec<(Signal, Loss, &'static str)>> {
        self.unsaid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Items exported and dropped so far.
    pub(crate) fn totals(&self, signal: Signal) -> (u64, u64) {
        let account = self.account(signal);
        (
            account.exported.load(Ordering::Relaxed),
            account.dropped.load(Ordering::Relaxed),
        )
    }

    /// What the last failure said, empty if there was none.
    pub(crate) fn why(&self, signal: Signal) -> MutexGuard<'_, String> {
        let why = &self.account(signal).why;
        why.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn account(&self, signal: Signal) -> &Account {
        &self.accounts[signal as usize]
    }

    /// Lines of this are never sent: they would be lost as well, and what tells of that loss, too.
    fn log(&self, event: impl FnOnce()) {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        let log = self.log.get().unwrap_or(&self.builders_log);
        if let Some(log) = log.upgrade() {
            dispatcher::with_default(&log, event);
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ledger")
    }
}
