//! PostgreSQL stopped, frozen and full, behind either pool.

use std::time::Duration;

use axisor_telemetry::health::PostgresCheck;
use axisor_telemetry::postgres::Postgres;
use axisor_tests::postgres::PostgresServer;
use axisor_tests::until;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio_postgres::NoTls;

use crate::watched::{Fault, Watched, builder};

pub(crate) const PASSWORD: &str = "hunter2-s3cret";

/// The server's URL with a password, which it does not ask for.
fn dsn(server: &PostgresServer) -> String {
    server
        .url()
        .replace("axisor@", &format!("axisor:{PASSWORD}@"))
}

pub(crate) fn sqlx_pool(server: &PostgresServer) -> PgPool {
    let options = PgPoolOptions::new().max_connections(3);
    options.connect_lazy(&dsn(server)).expect("a pool")
}

fn deadpool(server: &PostgresServer) -> deadpool_postgres::Pool {
    let config: tokio_postgres::Config = dsn(server).parse().expect("a configuration");
    let manager = deadpool_postgres::Manager::new(config, NoTls);
    let builder = deadpool_postgres::Pool::builder(manager).max_size(3);
    builder.build().expect("a pool")
}

pub(crate) async fn watching(pool: impl Postgres) -> Watched {
    Watched::start(builder().health_check("database", PostgresCheck::new(pool))).await
}

async fn stopped_and_frozen(server: PostgresServer, pool: impl Postgres, of: [&'static str; 2]) {
    let service = watching(pool).await;
    let server = std::sync::Mutex::new(server);
    let [stopped, frozen] = of;
    let secrets = [PASSWORD];
    let fault = |name, error| Fault {
        name,
        check: "database",
        error: Some(error),
    };
    fault(stopped, "")
        .play(
            &service,
            &secrets,
            async || server.lock().unwrap().stop().expect("stopped"),
            async || server.lock().unwrap().start_again().expect("started"),
        )
        .await;
    fault(frozen, "no answer within 500ms")
        .play(
            &service,
            &secrets,
            async || server.lock().unwrap().freeze(),
            async || server.lock().unwrap().thaw(),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_and_a_frozen_database_are_noticed_over_sqlx() {
    let server = PostgresServer::start(20).expect("PostgreSQL");
    let pool = sqlx_pool(&server);
    let names = [
        "PostgreSQL stopped (sqlx)",
        "PostgreSQL frozen by SIGSTOP (sqlx)",
    ];
    stopped_and_frozen(server, pool, names).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_and_a_frozen_database_are_noticed_over_deadpool() {
    let server = PostgresServer::start(20).expect("PostgreSQL");
    let pool = deadpool(&server);
    let names = [
        "PostgreSQL stopped (deadpool)",
        "PostgreSQL frozen by SIGSTOP (deadpool)",
    ];
    stopped_and_frozen(server, pool, names).await;
}

/// Takes every connection there is.
async fn take_all(server: &PostgresServer) -> Vec<tokio_postgres::Client> {
    let config: tokio_postgres::Config = server.url().parse().expect("a configuration");
    let mut taken = Vec::new();
    while let Ok((client, connection)) = config.connect(NoTls).await {
        tokio::spawn(async move {
            let _ = connection.await;
        });
        taken.push(client);
    }
    taken
}

const CONNECTIONS: u16 = 6;

/// Ends the service's own connections; others are faster to take the place.
async fn exhaust(server: &PostgresServer) -> Vec<tokio_postgres::Client> {
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE query LIKE 'SELECT 1%' AND pid <> pg_backend_pid()";
    let mut taken = take_all(server).await;
    while taken.len() < usize::from(CONNECTIONS) {
        let _ = taken[0].simple_query(end).await;
        taken.extend(take_all(server).await);
    }
    taken
}

async fn exhausted(server: PostgresServer, pool: impl Postgres, fault: Fault) {
    let service = watching(pool).await;
    let taken = std::sync::Mutex::new(Vec::new());
    let make = async || {
        let all = exhaust(&server).await;
        *taken.lock().unwrap() = all;
    };
    let mend = async || taken.lock().unwrap().clear();
    fault.play(&service, &[PASSWORD], make, mend).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_a_free_connection_is_noticed_over_deadpool() {
    let server = PostgresServer::start(CONNECTIONS).expect("PostgreSQL");
    let pool = deadpool(&server);
    let fault = Fault {
        name: "PostgreSQL max_connections exhausted, a new one is needed (deadpool)",
        check: "database",
        error: Some("too many connections (SQLSTATE 53300)"),
    };
    exhausted(server, pool, fault).await;
}

/// sqlx tries again until its pool's `acquire_timeout`, 30 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_a_free_connection_is_noticed_over_sqlx() {
    let server = PostgresServer::start(CONNECTIONS).expect("PostgreSQL");
    let pool = sqlx_pool(&server);
    let fault = Fault {
        name: "PostgreSQL max_connections exhausted, a new one is needed (sqlx)",
        check: "database",
        error: Some("no answer within 500ms"),
    };
    exhausted(server, pool, fault).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_connections_are_all_taken_still_serves_a_pool_that_has_one() {
    let server = PostgresServer::start(CONNECTIONS).expect("PostgreSQL");
    let service = watching(sqlx_pool(&server)).await;
    service.until_check("database", 1.0).await;
    let _taken = take_all(&server).await;
    let answer = service.health().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    println!(
        "| PostgreSQL max_connections exhausted (the pool has its connection) | {} | {} | - | - |",
        answer.status,
        answer.took.as_millis()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_told_without_names() {
    let server = PostgresServer::start(10).expect("PostgreSQL");
    for (name, url, error) in [
        (
            "PostgreSQL without the database",
            dsn(&server).replace("/postgres", "/s3cret_name"),
            "no such database (SQLSTATE 3D000)",
        ),
        (
            "PostgreSQL without the user",
            dsn(&server).replace("axisor:", "s3cret_name:"),
            "authentication refused (SQLSTATE 28000)",
        ),
    ] {
        let pool = PgPool::connect_lazy(&url.replace("axisor_name", "")).expect("a pool");
        let service = watching(pool).await;
        let answer = service.health().await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.body["checks"]["database"]["error"], error, "{name}");
        assert!(!answer.text.contains("s3cret"), "{}", answer.text);
        println!(
            "| {name} | {} `{error}` | {} | - | - |",
            answer.status,
            answer.took.as_millis()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_starts_before_its_database_is_seen_to_become_ready() {
    let mut server = PostgresServer::start(10).expect("PostgreSQL");
    let pool = sqlx_pool(&server);
    server.stop().expect("stopped");
    let check = PostgresCheck::new(pool);
    let service = Watched::start(
        builder()
            .set("health.grace", "60s")
            .health_check("database", check),
    )
    .await;
    service.until_check("database", 0.0).await;
    assert_eq!(service.health().await.status, 200, "in its grace");
    assert_eq!(service.ready().await, 503);
    server.start_again().expect("started");
    let ready = until(Duration::from_secs(20), "readiness", async || {
        (service.ready().await == 200).then_some(())
    });
    ready.await.expect("ready");
}
