//! What was sent and what was lost, signal by signal: the one place where a loss is counted and logged.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tracing::dispatcher::{self, Dispatch, WeakDispatch};

use crate::instruments::{CounterFamily, Instruments};

/// A stream of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// Spans.
    Traces,
    /// Points of series.
    Metrics,
}

impl Signal {
    /// The value of the `signal` label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
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

/// Counts per signal, in the product's own series and for the shutdown report.
pub(crate) struct Ledger {
    exported: Arc<CounterFamily>,
    dropped: Arc<CounterFamily>,
    traces: Account,
    metrics: Account,
    log: OnceLock<WeakDispatch>,
    /// The subscriber of the thread that built the telemetry, as long as there is no better one.
    builders_log: WeakDispatch,
}

#[derive(Default)]
struct Account {
    exported: AtomicU64,
    dropped: AtomicU64,
    failing: AtomicBool,
}

impl Ledger {
    pub(crate) fn new(instruments: &Instruments) -> Arc<Self> {
        Arc::new(Self {
            exported: Arc::clone(&instruments.telemetry_exported),
            dropped: Arc::clone(&instruments.telemetry_dropped),
            traces: Account::default(),
            metrics: Account::default(),
            log: OnceLock::new(),
            builders_log: dispatcher::get_default(Dispatch::downgrade),
        })
    }

    /// Where losses are logged: exporters work on a thread of their own, whose own events go nowhere.
    pub(crate) fn log_to(&self, log: WeakDispatch) {
        let _ = self.log.set(log);
    }

    pub(crate) fn exported(&self, signal: Signal, items: u64) {
        if items > 0 {
            self.account(signal)
                .exported
                .fetch_add(items, Ordering::Relaxed);
            self.exported.with(&[signal.as_str()]).add(items);
        }
        if self.account(signal).failing.swap(false, Ordering::Relaxed) {
            self.log(|| tracing::info!(signal = signal.as_str(), "telemetry is exported again"));
        }
    }

    pub(crate) fn lost(&self, signal: Signal, loss: Loss, items: u64, why: impl fmt::Display) {
        self.account(signal)
            .dropped
            .fetch_add(items, Ordering::Relaxed);
        self.dropped
            .with(&[signal.as_str(), loss.as_str()])
            .add(items);
        self.failing(signal, loss, why);
    }

    /// A failure that lost nothing yet.
    pub(crate) fn failing(&self, signal: Signal, loss: Loss, why: impl fmt::Display) {
        if !self.account(signal).failing.swap(true, Ordering::Relaxed) {
            self.log(|| {
                tracing::warn!(
                    signal = signal.as_str(),
                    reason = loss.as_str(),
                    error = %why,
                    "telemetry is not exported; axisor_telemetry_dropped_total counts what is lost"
                );
            });
        }
    }

    /// Items exported and dropped so far.
    pub(crate) fn totals(&self, signal: Signal) -> (u64, u64) {
        let account = self.account(signal);
        (
            account.exported.load(Ordering::Relaxed),
            account.dropped.load(Ordering::Relaxed),
        )
    }

    fn account(&self, signal: Signal) -> &Account {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
        }
    }

    fn log(&self, event: impl FnOnce()) {
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
