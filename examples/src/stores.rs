//! A real PostgreSQL, Redis and LN Markets behind the backend, when it is given their URLs.

use std::time::Duration;

use axisor_telemetry::database::Database;
use axisor_telemetry::health::{HealthCheck, PostgresCheck, RedisCheck};
use axisor_telemetry::{Telemetry, TelemetryBuilder};
use clap::Args;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::users::Users;

/// Less than a health check may take, so that its answer says why there is no connection.
const ACQUIRE: Duration = Duration::from_secs(3);

/// The table of the users' last activity; made if it is not there.
const TABLE: &str = "trading_users";

/// The variables that say where the stores are.
pub const VARIABLES: [&str; 3] = [
    "TRADING_DATABASE_URL",
    "TRADING_REDIS_URL",
    "TRADING_LNMARKETS_URL",
];

/// Where the database, the cache and the exchange are. What is not given is simulated.
#[derive(Debug, Clone, Args)]
pub struct StoreUrls {
    /// A PostgreSQL for the users' last activity, `postgres://user:password@host/database`.
    #[arg(long, env = "TRADING_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// A Redis, `redis://host`.
    #[arg(long, env = "TRADING_REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<String>,
    /// An LN Markets to ask whether it is there, `https://api.lnmarkets.com/v2/user`.
    #[arg(long, env = "TRADING_LNMARKETS_URL")]
    pub lnmarkets_url: Option<String>,
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not a URL of PostgreSQL.
    #[error("--database-url is wrong, expected `postgres://user:password@host/database`")]
    DatabaseUrl,
    /// Not a URL of Redis.
    #[error("--redis-url is wrong, expected `redis://host`")]
    RedisUrl,
}

/// The stores there are. Neither has to be up when the service starts.
#[derive(Clone)]
pub struct Stores {
    database: Option<PgPool>,
    redis: Option<ConnectionManager>,
    lnmarkets: Option<String>,
}

impl Stores {
    /// Connects when first asked.
    ///
    /// # Errors
    /// [`StoreError`] if a URL is none.
    pub fn new(urls: &StoreUrls) -> Result<Self, StoreError> {
        let database = urls.database_url.as_deref().map(pool);
        let redis = urls.redis_url.as_deref().map(connection);
        Ok(Self {
            database: database.transpose()?,
            redis: redis.transpose()?,
            lnmarkets: urls.lnmarkets_url.clone(),
        })
    }

    /// Registers their checks and the database's polls, in place of simulated ones.
    pub fn watched_by(&self, mut telemetry: TelemetryBuilder) -> TelemetryBuilder {
        if let Some(pool) = &self.database {
            telemetry = telemetry
                .health_check("database", PostgresCheck::new(pool.clone()))
                .set("poll.users_table", TABLE)
                .database_polls(pool.clone());
        }
        if let Some(redis) = &self.redis {
            telemetry = telemetry.health_check("redis", RedisCheck::new(redis.clone()));
        }
        if let Some(url) = &self.lnmarkets {
            telemetry = telemetry
                .set("health.lnmarkets_url", url.as_str())
                .lnmarkets_check(HealthCheck::degraded);
        }
        telemetry
    }

    /// The same, each of whose calls is in the trace it is made for.
    #[must_use]
    pub fn traced_by(self, telemetry: &Telemetry) -> TracedStores {
        TracedStores {
            stores: self,
            database: telemetry.database("postgresql").namespace("trading"),
            redis: telemetry.database("redis"),
        }
    }
}

/// The stores, as the backend uses them.
#[derive(Clone)]
pub struct TracedStores {
    stores: Stores,
    database: Database,
    redis: Database,
}

impl TracedStores {
    /// Makes the table, and says that all users were there.
    pub async fn prepare(&self, users: &Users) {
        let Some(pool) = &self.stores.database else {
            return;
        };
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {TABLE} (id bigint PRIMARY KEY, last_activity_at timestamptz NOT NULL)"
        );
        if let Err(error) = sqlx::raw_sql(&create).execute(pool).await {
            tracing::warn!(%error, "the table of users cannot be made");
        }
        for user in users.iter() {
            self.seen(user.id).await;
        }
    }

    /// Notes that a user was there, and how often. A store that is away costs the user nothing.
    pub async fn seen(&self, user: u64) {
        self.noted(user).await;
        self.counted(user).await;
    }

    async fn noted(&self, user: u64) {
        let Some(pool) = &self.stores.database else {
            return;
        };
        let note = format!(
            "INSERT INTO {TABLE} VALUES ($1, now()) ON CONFLICT (id) DO UPDATE SET last_activity_at = now()"
        );
        let note = sqlx::query(&note).bind(user.cast_signed()).execute(pool);
        let noted = self.database.call("INSERT trading_users", note);
        if let Err(error) = noted.await {
            tracing::debug!(%error, "a user's activity was not noted");
        }
    }

    async fn counted(&self, user: u64) {
        let Some(mut redis) = self.stores.redis.clone() else {
            return;
        };
        let mut count = redis::cmd("HINCRBY");
        count.arg(TABLE).arg(user).arg(1);
        let counted = self
            .redis
            .call("HINCRBY", count.query_async::<()>(&mut redis));
        if let Err(error) = counted.await {
            tracing::debug!(%error, "a user was not counted");
        }
    }
}

fn pool(url: &str) -> Result<PgPool, StoreError> {
    let options = PgPoolOptions::new()
        .max_connections(5)
        .acquire_timeout(ACQUIRE);
    options
        .connect_lazy(url)
        .map_err(|_| StoreError::DatabaseUrl)
}

fn connection(url: &str) -> Result<ConnectionManager, StoreError> {
    let client = redis::Client::open(url).map_err(|_| StoreError::RedisUrl)?;
    let config = ConnectionManagerConfig::new().set_max_delay(Duration::from_secs(1));
    ConnectionManager::new_lazy_with_config(client, config).map_err(|_| StoreError::RedisUrl)
}
