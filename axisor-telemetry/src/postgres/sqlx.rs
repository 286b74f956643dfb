//! Over a `sqlx::PgPool`.

use sqlx::{PgPool, Row as _};

use super::{Counting, Postgres, PostgresError};

impl Postgres for PgPool {
    fn count<'a>(&'a self, statement: &'a str) -> Counting<'a> {
        Box::pin(async move {
            let row = sqlx::raw_sql(statement).fetch_one(self).await;
            let row = row.map_err(PostgresError::from)?;
            row.try_get(0).map_err(|_| PostgresError::NoNumber)
        })
    }
}

impl From<sqlx::Error> for PostgresError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => Self::PoolExhausted,
            sqlx::Error::Tls(_) => Self::Tls,
            sqlx::Error::RowNotFound => Self::NoNumber,
            sqlx::Error::Database(refusal) => Self::Refused {
                sqlstate: refusal.code().unwrap_or_default().into_owned(),
            },
            _ => Self::NoConnection,
        }
    }
}
