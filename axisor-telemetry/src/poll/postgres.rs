//! The original's two polls, over a PostgreSQL database.

use std::sync::Arc;

use crate::config;
use crate::postgres::{Postgres, PostgresError};

/// Connections that run a statement, this one included, as the original counted them.
const CONNECTIONS: &str = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'";

/// What reads the connections.
pub(super) async fn connections<P: Postgres>(pool: Arc<P>) -> Result<f64, PostgresError> {
    number(&*pool, CONNECTIONS).await
}

/// What reads the active users.
pub(super) async fn active_users<P: Postgres>(
    pool: Arc<P>,
    statement: Arc<str>,
) -> Result<f64, PostgresError> {
    number(&*pool, &statement).await
}

/// Users whose last activity is at most 30 minutes old.
///
/// The second condition compares seconds since 1970, so that a `timestamp` in UTC and a `timestamptz` mean the same whatever
/// the session's time zone is. The first lets an index be used; it spares the distance of any zone from UTC.
pub(super) fn users_statement(settings: &config::Poll) -> String {
    let table: Vec<_> = settings.users_table.split('.').map(quoted).collect();
    let (table, column) = (table.join("."), quoted(&settings.users_column));
    format!(
        "SELECT count(*) FROM {table} WHERE {column} >= now() - interval '16 hours' \
         AND extract(epoch FROM {column}) >= extract(epoch FROM now()) - 1800"
    )
}

#[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
async fn number(pool: &impl Postgres, statement: &str) -> Result<f64, PostgresError> {
    Ok(pool.count(statement).await? as f64)
}

/// As an identifier: <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn names_are_quoted_each_for_itself() {
        let settings = |table: &str, column: &str| config::Poll {
            timeout: Duration::from_secs(1),
            users_table: table.to_owned(),
            users_column: column.to_owned(),
        };
        for (table, column, from, at) in [
            (
                "users",
                "seen",
                r#"FROM "users" WHERE"#,
                r#"WHERE "seen" >="#,
            ),
            (
                "app.User",
                "lastSeen",
                r#"FROM "app"."User" WHERE"#,
                r#"WHERE "lastSeen" >="#,
            ),
            (
                r#"users"; DROP TABLE users; --"#,
                r#"a" OR 1=1 --"#,
                r#"FROM "users""; DROP TABLE users; --" WHERE"#,
                r#"WHERE "a"" OR 1=1 --" >="#,
            ),
        ] {
            let statement = users_statement(&settings(table, column));
            assert!(
                statement.contains(from) && statement.contains(at),
                "{statement}"
            );
        }
    }
}
