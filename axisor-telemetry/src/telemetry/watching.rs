//! What looks by itself: health checks and polls.

use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::{StartError, Telemetry, TelemetryBuilder};
use crate::config::{self, Config};
use crate::health::{Health, HealthCheck, RunningChecks};
use crate::poll::{Poll, Polled, Polls};
use crate::postgres::Postgres;
use crate::scope::Scope;

/// A check made of the settings.
type MakeCheck =
    Box<dyn FnOnce(&config::Health) -> Result<Arc<dyn HealthCheck>, StartError> + Send>;
/// Polls made of the settings.
type MakePolls = Box<dyn FnOnce(&config::Poll) -> Vec<Poll> + Send>;

/// The checks and polls that were asked for.
#[derive(Default)]
pub(super) struct Watched {
    checks: Vec<(String, MakeCheck)>,
    polls: Vec<MakePolls>,
}

impl Watched {
    fn check(&mut self, name: String, make: MakeCheck) {
        match self.checks.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = make,
            None => self.checks.push((name, make)),
        }
    }

    pub(super) fn make(
        self,
        config: &Config,
        scope: &Arc<Scope>,
    ) -> Result<(Arc<Health>, Polls), StartError> {
        let checks = self.checks.into_iter();
        let checks = checks
            .map(|(name, make)| Ok((name, make(&config.health)?)))
            .collect::<Result<_, StartError>>()?;
        let mut polls: Vec<Poll> = Vec::new();
        for poll in self.polls.into_iter().flat_map(|make| make(&config.poll)) {
            polls.retain(|known| known.polled() != poll.polled());
            polls.push(poll);
        }
        let health = Health::new(Arc::clone(scope), &config.health, checks);
        let polls = Polls::new(Arc::clone(scope), config.poll.timeout, polls);
        Ok((Arc::new(health), polls))
    }
}

/// The rounds of an installed telemetry.
#[derive(Default)]
pub(super) struct Rounds(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    NotWanted,
    Wanted(Option<RunningChecks>),
}

impl Rounds {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TelemetryBuilder {
    /// Adds a check that `/health` asks, reported under `name` in the order of the calls. A check of the same
    /// name takes the earlier one's place.
    ///
    /// Its failure makes the service unhealthy, unless the check is [`degraded`](HealthCheck::degraded) or
    /// [`optional`](HealthCheck::optional).
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
        let check: Arc<dyn HealthCheck> = Arc::new(check);
        self.watched
            .check(name.into(), Box::new(move |_| Ok(check)));
        self
    }

    /// Adds the original's check of LN Markets, `external_services` with `lnmarkets_api`: `GET` of
    /// `health.lnmarkets_url`, well with a status of `health.lnmarkets_accept`.
    ///
    /// `with` says what its failure means:
    /// ```
    /// use axisor_telemetry::Telemetry;
    /// use axisor_telemetry::health::HealthCheck as _;
    ///
    /// let builder = Telemetry::builder("axisor-backend")
    ///     .lnmarkets_check(|check| check); // as in the original, the service is unhealthy without it
    /// let builder = Telemetry::builder("axisor-backend").lnmarkets_check(|check| check.degraded());
    /// ```
    #[cfg(feature = "http-check")]
    pub fn lnmarkets_check<C: HealthCheck>(
        mut self,
        with: impl FnOnce(crate::health::HttpCheck) -> C + Send + 'static,
    ) -> Self {
        let make = |settings: &config::Health| -> Result<Arc<dyn HealthCheck>, StartError> {
            let check = crate::health::HttpCheck::lnmarkets(settings)?;
            Ok(Arc::new(with(check)))
        };
        self.watched
            .check("external_services".to_owned(), Box::new(make));
        self
    }

    /// Reads both polled gauges from a PostgreSQL database over the service's own pool: connections that run a statement from
    /// `pg_stat_activity`, and users whose `poll.users_column` in `poll.users_table` is at most 30 minutes old.
    /// [`Polls::start`] begins to do so.
    ///
    /// ```
    /// use axisor_telemetry::Telemetry;
    /// use axisor_telemetry::health::PostgresCheck;
    /// use axisor_telemetry::postgres::Postgres;
    ///
    /// fn watched(pool: impl Postgres + Clone) -> axisor_telemetry::TelemetryBuilder {
    ///     // pool: a `sqlx::PgPool` with the feature `sqlx`, for example
    ///     Telemetry::builder("axisor-backend")
    ///         .health_check("database", PostgresCheck::new(pool.clone()))
    ///         .database_polls(pool)
    /// }
    /// ```
    pub fn database_polls(mut self, pool: impl Postgres) -> Self {
        let make = |settings: &config::Poll| Poll::of_database(pool, settings).into();
        self.watched.polls.push(Box::new(make));
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
        let make = move |_: &config::Poll| vec![Poll::new(polled, read)];
        self.watched.polls.push(Box::new(make));
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

    /// From now on the checks are asked when nobody asks.
    pub(super) fn want_rounds(&self) {
        let mut state = self.0.rounds.state();
        if let State::NotWanted = *state {
            *state = State::Wanted(None);
        }
        drop(state);
        self.keep_rounds();
    }

    /// Begins them, if they are wanted and there is a runtime now that there was none before.
    pub(super) fn keep_rounds(&self) {
        let mut state = self.0.rounds.state();
        let State::Wanted(rounds) = &mut *state else {
            return;
        };
        let running = rounds.as_mut().is_some_and(|rounds| !rounds.have_ended());
        if !running && Handle::try_current().is_ok() {
            *rounds = Some(self.0.health.start());
        }
    }

    pub(super) fn end_rounds(&self) {
        *self.0.rounds.state() = State::NotWanted;
    }
}
