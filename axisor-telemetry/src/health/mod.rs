//! Whether the service is well: its checks, asked together, each under its limit.
//!
//! | asked | answers | status |
//! |---|---|---|
//! | `/health` | the original's JSON: every check, and whether those that count are well | 200, 503 |
//! | `/livez` | that the process answers; no check is asked | 200 |
//! | `/readyz` | whether requests should be sent here: every [critical](Importance::Critical) check is well, and nobody has begun to [drain](Health::drain) the service | 200, 503 |
//!
//! The checks are asked in rounds: those who ask while one is under way share its answer, and for `health.max_age` it is
//! given again, so that a service under load asks its database once and not once a request. When nobody asks, a round
//! every `health.refresh` keeps `axisor_system_health` and `axisor_health_check{check}` true.
//!
//! | ready-made check | feature | asks |
//! |---|---|---|
//! | [`PostgresCheck`] | `sqlx`, `deadpool-postgres`, or [`Postgres`](crate::postgres::Postgres) of your own | `SELECT 1` over your own pool |
//! | `RedisCheck` | `redis` | `PING` over your own connection, and a write if wanted |
//! | `HttpCheck` | `http-check` | `GET`, LN Markets' API by `lnmarkets_check` of the builder |
//! | [`TcpCheck`] | | whether a port takes connections |
//! | `LndCheck`, `GrpcCheck` | `grpc` | LND's state service, gRPC's own health service |
//! | a closure | | what you like |

mod address;
mod check;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "http-check")]
mod http;
mod importance;
mod postgres;
mod readiness;
#[cfg(feature = "redis")]
mod redis;
mod refresh;
mod registered;
mod report;
mod round;
mod tcp;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use check::{CheckReport, Checking, HealthCheck};
#[cfg(feature = "grpc")]
pub use grpc::{GrpcCheck, LndCheck};
#[cfg(feature = "http-check")]
pub use http::{HttpCheck, HttpCheckError};
pub use importance::{Importance, Limited, Weighed};
pub use postgres::PostgresCheck;
pub use readiness::Readiness;
#[cfg(feature = "redis")]
pub use redis::RedisCheck;
pub use refresh::RunningChecks;
pub use report::{HealthError, HealthReport};
pub use tcp::TcpCheck;

use crate::config;
use crate::scope::Scope;
use registered::Registered;
use round::Rounds;

/// The checks of one telemetry, what `/health` answers, and the gauge `axisor_system_health`.
pub struct Health {
    timeout: Duration,
    refresh: Duration,
    rounds: Arc<Rounds>,
}

impl Health {
    /// Checks in the order in which they are reported.
    pub(crate) fn new(
        scope: Arc<Scope>,
        settings: &config::Health,
        checks: Vec<(String, Arc<dyn HealthCheck>)>,
    ) -> Self {
        address::prepare();
        let timeout = settings.timeout;
        let registered = |(name, check)| Registered::new(name, check, timeout);
        let checks = checks.into_iter().map(registered).collect();
        let rounds = Rounds::new(scope, checks, settings.max_age, settings.grace);
        Self {
            timeout,
            refresh: settings.refresh,
            rounds: Arc::new(rounds),
        }
    }

    /// What the checks say: asked now, all at the same time, unless a round of them is under way or began less than
    /// `health.max_age` ago. Sets `axisor_system_health` and `axisor_health_check{check}` to the outcome.
    ///
    /// A check that gives no answer in time or panics is unhealthy and is dropped, also if it blocks its thread; that is
    /// counted in `axisor_health_checks_abandoned_total{check}`. It is not asked again before it has really ended, and
    /// is unhealthy until then.
    ///
    /// # Errors
    /// [`HealthError`] while the service is [declared unhealthy](Self::declare_unhealthy); no check is asked.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn report(&self) -> Result<HealthReport, HealthError> {
        self.rounds.report().await.map(Arc::unwrap_or_clone)
    }

    /// Whether requests should be sent here. The checks are asked as by [`report`](Self::report), except once the
    /// service drains.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn readiness(&self) -> Readiness {
        if self.rounds.is_draining() {
            return Readiness::Draining;
        }
        match self.rounds.report().await {
            Err(_) => Readiness::Declared,
            Ok(_) if self.rounds.is_draining() => Readiness::Draining,
            Ok(report) => Readiness::from(&*report),
        }
    }

    /// Begins the end: from here on the service is not ready, so that nobody sends it further requests, while those it
    /// has are answered. `/health` and the gauges are unaffected.
    ///
    /// [`Telemetry::shutdown`](crate::Telemetry::shutdown) and [`Server::shutdown`](crate::serve::Server::shutdown) call
    /// this first. A service with a server of its own calls it as it is asked to end, before it stops listening.
    pub fn drain(&self) {
        self.rounds.drain();
    }

    /// Declares the whole service unhealthy, whatever its checks say, until [`withdraw`](Self::withdraw):
    /// for a service that knows it better, while it is under maintenance.
    ///
    /// `/health` answers 503 with `reason`, freed of credentials and addresses, in place of the checks, `/readyz` 503, and
    /// `axisor_system_health` is 0 at once. A round under way still answers what its checks say, but leaves the
    /// gauges alone.
    pub fn declare_unhealthy(&self, reason: impl Into<String>) {
        self.rounds.declare_unhealthy(reason.into());
    }

    /// Takes back [`declare_unhealthy`](Self::declare_unhealthy): the checks decide again.
    ///
    /// None is asked here, so `axisor_system_health` stays 0 until the next round.
    pub fn withdraw(&self) {
        self.rounds.withdraw();
    }

    /// Asks the checks now and then every `health.refresh`, on the present runtime, until the returned guard is dropped,
    /// so that the gauges are true when nobody asks. Does nothing if `health.refresh` is 0.
    ///
    /// A telemetry [installed](crate::TelemetryBuilder::init) within a runtime does this by itself.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(&self) -> RunningChecks {
        RunningChecks::start(&self.rounds, self.refresh)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks: Vec<_> = self.rounds.checks.iter().map(Registered::name).collect();
        f.debug_struct("Health")
            .field("timeout", &self.timeout)
            .field("checks", &checks)
            .finish_non_exhaustive()
    }
}
