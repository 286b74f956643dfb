//! Over a `deadpool_postgres::Pool`.

use deadpool_postgres::{Pool, PoolError};
use tokio_postgres::{Error, SimpleQueryMessage};

use super::{Counting, Postgres, PostgresError};

impl Postgres for Pool {
    fn count<'a>(&'a self, statement: &'a str) -> Counting<'a> {
        Box::pin(async move {
            let client = self.get().await.map_err(PostgresError::from)?;
            let answer = client.simple_query(statement).await?;
            number(&answer).ok_or(PostgresError::NoNumber)
        })
    }
}

fn number(answer: &[SimpleQueryMessage]) -> Option<i64> {
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })?;
    row.try_get(0).ok()??.parse().ok()
}

impl From<PoolError> for PostgresError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_) => Self::PoolExhausted,
            _ => Self::NoConnection,
        }
    }
}

impl From<Error> for PostgresError {
    fn from(error: Error) -> Self {
        error
            .code()
            .map_or(Self::NoConnection, |state| Self::Refused {
                sqlstate: state.code().to_owned(),
            })
    }
}
