//! What looks by itself: health checks and polls.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use super::{Telemetry, TelemetryBuilder};
use crate::health::{Health, HealthCheck};
use crate::poll::{Poll, Polled, Polls};

impl TelemetryBuilder {
    /// Adds a check that `/health` asks, reported under `name` in the order of the calls. A check of the same
    /// name takes the earlier one's place.
    ///
    /// ```
    /// use axisor_telemetry::Telemetry;
    /// use axisor_telemetry::health::CheckReport;
    ///
    /// async fn ask_database() -> Result<CheckReport, std::io::Error> {
    ///     // SELECT 1
    ///     Ok(CheckReport::healthy().with_response_time())
    /// }
    ///
    /// let builder = Telemetry::builder("axisor-backend").health_check("database", ask_database);
    /// ```
    pub fn health_check(mut self, name: impl Into<String>, check: impl HealthCheck) -> Self {
        let name = name.into();
        let check: Arc<dyn HealthCheck> = Arc::new(check);
        match self.checks.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = check,
            None => self.checks.push((name, check)),
        }
        self
    }

    /// Says how a polled gauge is read; [`Polls::start`] begins to do so. A later reading of the same gauge
    /// takes the earlier one's place.
    ///
    /// ```
    /// use axisor_telemetry::Telemetry;
    /// use axisor_telemetry::poll::Polled;
    ///
    /// async fn connections() -> Result<f64, std::io::Error> {
    ///     // SELECT count(*) FROM pg_stat_activity WHERE state = 'active'
    ///     Ok(17.0)
    /// }
    ///
    /// let builder =
    ///     Telemetry::builder("axisor-backend").poll(Polled::DatabaseConnections, connections);
    /// ```
    pub fn poll<F, Reading, E>(mut self, polled: Polled, read: F) -> Self
    where
        F: Fn() -> Reading + Send + Sync + 'static,
        Reading: Future<Output = Result<f64, E>> + Send + 'static,
        E: Display,
    {
        self.polls.retain(|poll| poll.polled() != polled);
        self.polls.push(Poll::new(polled, read));
        self
    }
}

impl Telemetry {
    /// The health checks: what `/health` answers.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.0.health
    }

    /// The polled gauges.
    #[must_use]
    pub fn polls(&self) -> &Polls {
        &self.0.polls
    }
}
