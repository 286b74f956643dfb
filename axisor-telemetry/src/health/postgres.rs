//! Whether the database answers.

use super::{CheckReport, Checking, HealthCheck};
use crate::postgres::Postgres;

/// Asks `SELECT 1` over the service's own pool, so that it also notices a pool that has no connection left.
///
/// ```
/// use axisor_telemetry::Telemetry;
/// use axisor_telemetry::health::PostgresCheck;
/// use axisor_telemetry::postgres::Postgres;
///
/// fn watched(pool: impl Postgres) -> axisor_telemetry::TelemetryBuilder {
///     // pool: a `sqlx::PgPool` with the feature `sqlx`, a `deadpool_postgres::Pool` with `deadpool-postgres`
///     Telemetry::builder("axisor-backend").health_check("database", PostgresCheck::new(pool))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct PostgresCheck<P> {
    pool: P,
}

impl<P: Postgres> PostgresCheck<P> {
    /// A check over `pool`.
    pub fn new(pool: P) -> Self {
        Self { pool }
    }
}

impl<P: Postgres> HealthCheck for PostgresCheck<P> {
    fn check(&self) -> Checking<'_> {
        Box::pin(async {
            match self.pool.count("SELECT 1::bigint").await {
                Ok(_) => CheckReport::healthy().with_response_time(),
                Err(error) => CheckReport::failed(error),
            }
        })
    }
}
