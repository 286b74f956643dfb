//! What a service depends on and `/health` asks: simulated, well most of the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axisor_telemetry::TelemetryBuilder;
use axisor_telemetry::health::{CheckReport, HealthCheck as _};

use crate::fate::Fate;

/// So many checks find their dependency away: one in this number.
const AWAY_ONE_IN: u64 = 150;

/// Why a dependency cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DependencyError {
    /// The database refuses.
    #[error("too many connections")]
    Database,
    /// The cache does not answer.
    #[error("no PONG")]
    Redis,
}

/// The database, the cache and the exchange of one service.
#[derive(Debug, Clone)]
pub struct Dependencies {
    service: &'static str,
    fate: Fate,
    asked: Arc<AtomicU64>,
}

impl Dependencies {
    /// The dependencies of `service`.
    #[must_use]
    pub fn new(service: &'static str, fate: Fate) -> Self {
        Self {
            service,
            fate,
            asked: Arc::default(),
        }
    }

    /// Registers the checks of all of them, under the original's names. Without the exchange a service works less well, and
    /// is better left where requests reach it.
    pub fn checked_by(&self, telemetry: TelemetryBuilder) -> TelemetryBuilder {
        let [database, redis, exchange] = [self.clone(), self.clone(), self.clone()];
        let exchange = move || exchange.clone().exchange();
        telemetry
            .health_check("database", move || database.clone().database())
            .health_check("redis", move || redis.clone().redis())
            .health_check("external_services", exchange.degraded())
    }

    /// Connections of the database that run a statement.
    ///
    /// # Errors
    /// [`DependencyError::Database`].
    pub async fn connections(self) -> Result<f64, DependencyError> {
        self.ask_database().await?;
        Ok(f64::from(
            self.fate.of("connections", self.next()).u32(3..20),
        ))
    }

    /// Users seen in the last 30 minutes.
    ///
    /// # Errors
    /// [`DependencyError::Database`].
    pub async fn active_users(self) -> Result<f64, DependencyError> {
        self.ask_database().await?;
        Ok(f64::from(
            self.fate.of("active users", self.next()).u32(10..24),
        ))
    }

    async fn database(self) -> Result<CheckReport, DependencyError> {
        self.ask_database().await?;
        Ok(CheckReport::healthy().with_response_time())
    }

    async fn ask_database(&self) -> Result<(), DependencyError> {
        let answers = self.answers("database").await;
        answers.then_some(()).ok_or(DependencyError::Database)
    }

    async fn redis(self) -> Result<CheckReport, DependencyError> {
        if self.answers("redis").await {
            return Ok(CheckReport::healthy().with_response_time());
        }
        Err(DependencyError::Redis)
    }

    async fn exchange(self) -> Result<CheckReport, DependencyError> {
        let answers = self.answers("lnmarkets").await;
        let report = if answers {
            CheckReport::healthy()
        } else {
            CheckReport::unhealthy()
        };
        Ok(report.with("lnmarkets_api", answers))
    }

    async fn answers(&self, dependency: &str) -> bool {
        let what = format!("{dependency} of {}", self.service);
        let number = self.next();
        self.fate.pause(1..6, &what, number).await;
        !self
            .fate
            .one_in(AWAY_ONE_IN, &format!("{what} away"), number)
    }

    fn next(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed)
    }
}
