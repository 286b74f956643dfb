//! What the health check and the polls ask of a PostgreSQL database, over whatever the service holds.
//!
//! | you hold | feature | |
//! |---|---|---|
//! | `sqlx::PgPool` (sqlx 0.8) | `sqlx` | |
//! | `deadpool_postgres::Pool` (0.14) | `deadpool-postgres` | |
//! | anything else | none | implement [`Postgres`]: one method, one statement, one number |
//!
//! The features bring no crate that you do not have already, and no macros, migrations or TLS of theirs. A single
//! `tokio_postgres::Client` has none: it does not connect again, so its check would stay unhealthy for ever. Statements
//! go by the simple protocol, without prepared statements, so that a connection pooler in between does not mind.

use std::future::Future;
use std::pin::Pin;

#[cfg(feature = "deadpool-postgres")]
mod deadpool;
#[cfg(feature = "sqlx")]
mod sqlx;

/// A count, under way.
pub type Counting<'a> = Pin<Box<dyn Future<Output = Result<i64, PostgresError>> + Send + 'a>>;

/// A database that can be asked for a number.
///
/// ```
/// use axisor_telemetry::postgres::{Counting, Postgres, PostgresError};
///
/// struct Mine;
///
/// impl Mine {
///     async fn number(&self, statement: &str) -> Result<i64, std::io::Error> {
///         Ok(1)
///     }
/// }
///
/// impl Postgres for Mine {
///     fn count<'a>(&'a self, statement: &'a str) -> Counting<'a> {
///         Box::pin(async move {
///             let number = self.number(statement).await;
///             number.map_err(|_| PostgresError::NoConnection)
///         })
///     }
/// }
/// ```
pub trait Postgres: Send + Sync + 'static {
    /// Runs `statement`, which takes no parameters, and returns the `bigint` in the first column of its only row.
    ///
    /// It is dropped if that takes too long.
    fn count<'a>(&'a self, statement: &'a str) -> Counting<'a>;
}

/// Why there is no count. The messages name no address, user or database: they are shown to whoever asks `/health`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// The server does not take connections, or closed this one.
    #[error("no connection")]
    NoConnection,
    /// The pool had none free in its own time.
    #[error("no connection free in the pool")]
    PoolExhausted,
    /// The connection cannot be made safe as asked for.
    #[error("TLS refused")]
    Tls,
    /// The server refused, with this SQLSTATE.
    #[error("{} (SQLSTATE {sqlstate})", in_words(sqlstate))]
    Refused {
        /// Five letters and digits: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
        sqlstate: String,
    },
    /// The answer is not one row that begins with a `bigint`.
    #[error("answered with something other than a number")]
    NoNumber,
}

impl<P: Postgres + ?Sized> Postgres for std::sync::Arc<P> {
    fn count<'a>(&'a self, statement: &'a str) -> Counting<'a> {
        P::count(self, statement)
    }
}

fn in_words(sqlstate: &str) -> &'static str {
    match sqlstate {
        "53300" => "too many connections",
        "53100" => "disk full",
        "53200" => "out of memory",
        "57P01" | "57P02" => "shutting down",
        "57P03" => "not taking connections now",
        "57014" => "statement cancelled",
        "3D000" => "no such database",
        "42P01" => "no such table",
        "42703" => "no such column",
        "42501" => "permission denied",
        _ if sqlstate.starts_with("28") => "authentication refused",
        _ => "refused",
    }
}
