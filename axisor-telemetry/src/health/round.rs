//! Rounds of checks: one at a time, shared by all who ask meanwhile, and given again while it is young.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, join_all};
use jiff::Timestamp;
use opentelemetry::Context;
use opentelemetry::trace::FutureExt as _;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::registered::Registered;
use super::{HealthError, HealthReport};
use crate::scope::Scope;

/// The checks, and who is being answered.
pub(super) struct Rounds {
    pub(super) scope: Arc<Scope>,
    pub(super) checks: Vec<Registered>,
    max_age: Duration,
    grace: Duration,
    built: Instant,
    state: Mutex<State>,
}

/// A round under way; `None` if its runtime has ended before it.
type UnderWay = Shared<BoxFuture<'static, Option<Arc<HealthReport>>>>;

#[derive(Default)]
struct State {
    /// Set while the service as a whole is declared unwell.
    declared: Option<String>,
    draining: bool,
    begun: u64,
    /// The round that wrote the gauges last.
    written: u64,
    under_way: Option<(u64, UnderWay)>,
    latest: Option<Latest>,
}

struct Latest {
    begun: Instant,
    report: Arc<HealthReport>,
}

impl Rounds {
    pub(super) fn new(
        scope: Arc<Scope>,
        checks: Vec<Registered>,
        max_age: Duration,
        grace: Duration,
    ) -> Self {
        Self {
            scope,
            checks,
            max_age,
            grace,
            built: Instant::now(),
            state: Mutex::default(),
        }
    }

    /// The answer of a young round, of the one under way, or of a new one.
    pub(super) async fn report(self: &Arc<Self>) -> Result<Arc<HealthReport>, HealthError> {
        loop {
            let (round, under_way) = {
                let mut state = self.state();
                if let Some(reason) = &state.declared {
                    return Err(HealthError::new(reason, Timestamp::now()));
                }
                if let Some(young) = state.younger_than(self.max_age) {
                    return Ok(young);
                }
                match &state.under_way {
                    Some(under_way) => under_way.clone(),
                    None => self.begin(&mut state),
                }
            };
            if let Some(report) = under_way.await {
                return Ok(report);
            }
            self.state().forget(round);
            yield_now().await;
        }
    }

    /// A task of its own: it goes on when those who asked have left.
    fn begin(self: &Arc<Self>, state: &mut State) -> (u64, UnderWay) {
        state.begun += 1;
        let round = state.begun;
        let (answer, answered) = oneshot::channel();
        let rounds = Arc::clone(self);
        let ask = async move {
            let report = rounds.ask(round).await;
            let _ = answer.send(report);
        };
        drop(tokio::spawn(ask.with_context(Context::current())));
        let under_way = answered.map(Result::ok).boxed().shared();
        state.under_way = Some((round, under_way.clone()));
        (round, under_way)
    }

    async fn ask(&self, round: u64) -> Arc<HealthReport> {
        let (begun, timestamp) = (Instant::now(), Timestamp::now());
        let in_grace = begun.duration_since(self.built) < self.grace;
        let asked = self
            .checks
            .iter()
            .map(|check| check.ask(&self.scope, in_grace));
        let report = Arc::new(HealthReport::new(join_all(asked).await, timestamp));
        let mut state = self.state();
        let overruled = round < state.written;
        state.forget(round);
        if !overruled {
            state.written = round;
            state.latest = Some(Latest {
                begun,
                report: Arc::clone(&report),
            });
            self.tell(&report);
        }
        report
    }

    fn tell(&self, report: &HealthReport) {
        for (name, check) in report.checks() {
            let gauge = self.scope.instruments.health_check.with(&[name]);
            gauge.set(f64::from(u8::from(check.is_healthy())));
        }
        self.set_gauge(report.is_healthy());
    }

    fn set_gauge(&self, healthy: bool) {
        let gauge = self.scope.instruments.system_health.with(&[]);
        gauge.set(f64::from(u8::from(healthy)));
    }

    /// What is under way or known counts no more, for nobody.
    pub(super) fn declare_unhealthy(&self, reason: String) {
        let mut state = self.state();
        state.declared = Some(reason);
        state.begun += 1;
        state.written = state.begun;
        state.under_way = None;
        state.latest = None;
        self.set_gauge(false);
    }

    pub(super) fn withdraw(&self) {
        self.state().declared = None;
    }

    pub(super) fn drain(&self) {
        self.state().draining = true;
    }

    pub(super) fn is_draining(&self) -> bool {
        self.state().draining
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn younger_than(&self, max_age: Duration) -> Option<Arc<HealthReport>> {
        let latest = self.latest.as_ref()?;
        (latest.begun.elapsed() < max_age).then(|| Arc::clone(&latest.report))
    }

    fn forget(&mut self, round: u64) {
        if self
            .under_way
            .as_ref()
            .is_some_and(|(other, _)| *other == round)
        {
            self.under_way = None;
        }
    }
}
