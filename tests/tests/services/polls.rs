//! The two polls against a real database.

use std::time::{Duration, Instant};

use axisor_telemetry::Telemetry;
use axisor_telemetry::poll::Polled;
use axisor_tests::postgres::PostgresServer;
use axisor_tests::until;
use sqlx::PgPool;

use crate::postgres::sqlx_pool;
use crate::watched::builder;

const DEADLINE: Duration = Duration::from_secs(20);
const FAILURES: &str = "axisor_poll_failures_total{poll=\"database_connections\"}";

pub(crate) fn value(telemetry: &Telemetry, series: &str) -> Option<f64> {
    let page = telemetry.exposition().expect("a page");
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line?.parse().ok()
}

async fn run(pool: &PgPool, statements: &str) {
    sqlx::raw_sql(statements).execute(pool).await.expect("run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_run_a_statement_are_counted() {
    let server = PostgresServer::start(20).expect("PostgreSQL");
    let pool = sqlx_pool(&server);
    let telemetry = builder().database_polls(pool.clone()).build().unwrap();
    let sleeping = tokio::spawn({
        let pool = pool.clone();
        async move { sqlx::raw_sql("SELECT pg_sleep(20)").execute(&pool).await }
    });
    let count = async || {
        telemetry
            .polls()
            .run_once(Polled::DatabaseConnections)
            .await;
        value(&telemetry, "axisor_database_connections")
    };
    let until_counted = async |expected: f64| {
        let what = format!("{expected} connections");
        let counted = until(DEADLINE, &what, async || {
            (count().await == Some(expected)).then_some(())
        });
        counted.await.expect("counted");
    };
    until_counted(2.0).await; // the sleeping one and the poll's own
    let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                  WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()";
    run(&pool, cancel).await;
    let _ = sleeping.await;
    until_counted(1.0).await;
    assert_eq!(value(&telemetry, FAILURES), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_the_last_half_hour_are_counted_in_every_type_and_zone() {
    let server = PostgresServer::start(20).expect("PostgreSQL");
    for (table, column, column_type, zone) in [
        ("users", "last_activity_at", "timestamptz", "UTC"),
        ("app.User", "lastSeen", "timestamp(3)", "Pacific/Kiritimati"),
        (
            "app.\"; DROP TABLE users; --",
            "a\" OR 1=1 --",
            "timestamp(3)",
            "America/Los_Angeles",
        ),
        (
            "app.zoned",
            "last_activity_at",
            "timestamptz",
            "Asia/Kathmandu",
        ),
    ] {
        let pool = sqlx_pool(&server);
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let name: Vec<_> = table.split('.').map(quoted).collect();
        let (name, seen) = (name.join("."), quoted(column));
        run(
            &pool,
            &format!("ALTER ROLE axisor SET timezone = '{zone}'; CREATE SCHEMA IF NOT EXISTS app"),
        )
        .await;
        run(
            &pool,
            &format!("CREATE TABLE {name} (id serial, {seen} {column_type})"),
        )
        .await;
        let now = if column_type == "timestamptz" {
            "now()"
        } else {
            "(now() AT TIME ZONE 'UTC')"
        };
        run(&pool, &format!(
            "INSERT INTO {name} ({seen}) SELECT {now} - ago::interval FROM (VALUES \
             ('0'), ('29 minutes'), ('31 minutes'), ('5 hours'), ('15 hours'), ('3 days'), (NULL)) AS given (ago)"
        )).await;
        pool.close().await; // the next connection has the zone
        let telemetry = builder()
            .set("poll.users_table", table)
            .set("poll.users_column", column)
            .database_polls(sqlx_pool(&server))
            .build()
            .unwrap();
        telemetry.polls().run_once(Polled::ActiveUsers).await;
        assert_eq!(
            value(&telemetry, "axisor_active_users"),
            Some(2.0),
            "{table} {zone}"
        );
    }
    let pool = sqlx_pool(&server);
    run(&pool, "SELECT 1 FROM users").await; // it is still there
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poll_of_a_frozen_database_writes_0_in_time_and_recovers() {
    let mut server = PostgresServer::start(20).expect("PostgreSQL");
    let telemetry = builder()
        .database_polls(sqlx_pool(&server))
        .build()
        .unwrap();
    let poll = async || {
        let start = Instant::now();
        telemetry
            .polls()
            .run_once(Polled::DatabaseConnections)
            .await;
        (
            value(&telemetry, "axisor_database_connections"),
            start.elapsed(),
        )
    };
    assert!(poll().await.0.is_some_and(|count| count >= 1.0));
    server.freeze();
    for failed in [1.0, 2.0] {
        let (connections, took) = poll().await;
        assert_eq!(connections, Some(0.0));
        assert_eq!(value(&telemetry, FAILURES), Some(failed));
        assert!(
            took < crate::watched::LIMIT + crate::watched::MARGIN,
            "{took:?}"
        );
        println!(
            "| poll of a frozen PostgreSQL | gauge 0, failures {failed} | {} | - | - |",
            took.as_millis()
        );
    }
    server.thaw();
    let (connections, took) = poll().await;
    assert!(
        connections.is_some_and(|count| count >= 1.0),
        "{connections:?}"
    );
    println!(
        "| … thawed | gauge {connections:?} | {} | - | - |",
        took.as_millis()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poll_of_a_missing_table_has_failed_and_the_other_has_not() {
    let server = PostgresServer::start(20).expect("PostgreSQL");
    let telemetry = builder()
        .database_polls(sqlx_pool(&server))
        .build()
        .unwrap();
    telemetry.polls().run_once(Polled::ActiveUsers).await;
    telemetry
        .polls()
        .run_once(Polled::DatabaseConnections)
        .await;
    let failures = |poll| {
        value(
            &telemetry,
            &format!("axisor_poll_failures_total{{poll=\"{poll}\"}}"),
        )
    };
    assert_eq!(failures("active_users"), Some(1.0));
    assert_eq!(failures("database_connections"), None);
    let connections = value(&telemetry, "axisor_database_connections");
    assert!(
        connections.is_some_and(|count| count >= 1.0),
        "one that has just ended may still count: {connections:?}"
    );
}
