//! Whether the service is well: its checks, asked together, each under its limit.

mod check;
mod report;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use opentelemetry::Context;

pub use check::{CheckReport, Checking, HealthCheck};
pub use report::{HealthError, HealthReport};

use crate::contained;
use crate::scope::Scope;

/// The checks of one telemetry, what `/health` answers, and the gauge `axisor_system_health`.
pub struct Health {
    scope: Arc<Scope>,
    timeout: Duration,
    checks: Vec<(String, Arc<dyn HealthCheck>)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Set while the service as a whole is declared unwell.
    declared: Option<String>,
    asked: u64,
    written: u64,
}

impl Health {
    /// Checks in the order in which they are reported, each given `timeout`.
    pub(crate) fn new(
        scope: Arc<Scope>,
        timeout: Duration,
        checks: Vec<(String, Arc<dyn HealthCheck>)>,
    ) -> Self {
        Self {
            scope,
            timeout,
            checks,
            state: Mutex::default(),
        }
    }

    /// Asks all checks at the same time and sets `axisor_system_health` to the outcome, 1 or 0.
    ///
    /// A check that gives no answer in time or panics is unhealthy and is dropped, also if it blocks its
    /// thread, as long as the runtime has another one. Where two reports overlap, the gauge keeps the later's.
    ///
    /// # Errors
    /// [`HealthError`] while the service is [declared unhealthy](Self::declare_unhealthy); no check is asked.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn report(&self) -> Result<HealthReport, HealthError> {
        let turn = self.state().begin();
        let report = self.ask().await;
        let healthy = report.as_ref().is_ok_and(HealthReport::is_healthy);
        self.write(&mut self.state(), turn, healthy);
        report
    }

    /// Declares the whole service unhealthy, whatever its checks say, until [`withdraw`](Self::withdraw):
    /// for a service that knows it better, while it starts, drains or is under maintenance.
    ///
    /// `/health` answers 503 with `reason`, freed of credentials, in place of the checks, and
    /// `axisor_system_health` is 0 at once. A report under way still answers what its checks say, but leaves the
    /// gauge alone.
    pub fn declare_unhealthy(&self, reason: impl Into<String>) {
        let mut state = self.state();
        state.declared = Some(reason.into());
        let turn = state.begin();
        self.write(&mut state, turn, false);
    }

    /// Takes back [`declare_unhealthy`](Self::declare_unhealthy): the checks decide again.
    ///
    /// None is asked here, so `axisor_system_health` stays 0 until the next [`report`](Self::report).
    pub fn withdraw(&self) {
        self.state().declared = None;
    }

    async fn ask(&self) -> Result<HealthReport, HealthError> {
        let timestamp = Timestamp::now();
        if let Some(reason) = &self.state().declared {
            return Err(HealthError::new(reason, timestamp));
        }
        let asked = self
            .checks
            .iter()
            .map(|(name, check)| async { (name.clone(), self.ask_one(Arc::clone(check)).await) });
        Ok(HealthReport::new(join_all(asked).await, timestamp))
    }

    async fn ask_one(&self, check: Arc<dyn HealthCheck>) -> CheckReport {
        let start = self.scope.clock.now();
        let context = self.scope.within(Context::current());
        let answer = async move { check.check().await };
        match contained::within(self.timeout, context, answer).await {
            Ok(report) => report.timed(self.scope.clock.since(start)),
            Err(unanswered) => CheckReport::failed(unanswered),
        }
    }

    fn write(&self, state: &mut State, turn: u64, healthy: bool) {
        if turn < state.written {
            return;
        }
        state.written = turn;
        let gauge = self.scope.instruments.system_health.with(&[]);
        gauge.set(f64::from(u8::from(healthy)));
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks: Vec<_> = self.checks.iter().map(|(name, _)| name).collect();
        f.debug_struct("Health")
            .field("timeout", &self.timeout)
            .field("checks", &checks)
            .finish_non_exhaustive()
    }
}

impl State {
    fn begin(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }
}
