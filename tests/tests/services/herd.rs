//! Two hundred callers against a database that hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axisor_telemetry::health::PostgresCheck;
use axisor_telemetry::postgres::{Counting, Postgres};
use axisor_tests::postgres::PostgresServer;
use futures_util::future::join_all;
use sqlx::PgPool;

use crate::postgres::sqlx_pool;
use crate::watched::{LIMIT, MARGIN, Watched, builder};

/// A pool that knows what it was asked.
#[derive(Clone)]
struct Counted {
    pool: PgPool,
    asked: Arc<AtomicUsize>,
}

impl Postgres for Counted {
    fn count<'a>(&'a self, statement: &'a str) -> Counting<'a> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.pool.count(statement)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_callers_get_one_check_and_their_answers_in_time() {
    const CALLERS: usize = 200;
    let mut server = PostgresServer::start(20).expect("PostgreSQL");
    let pool = Counted {
        pool: sqlx_pool(&server),
        asked: Arc::default(),
    };
    let builder = builder().set("health.refresh", "0");
    let check = PostgresCheck::new(pool.clone());
    let service = Watched::start(builder.health_check("database", check)).await;
    assert_eq!(service.health().await.status, 200);
    join_all((0..CALLERS).map(|_| service.status("/livez"))).await; // everybody is connected
    tokio::time::sleep(Duration::from_millis(60)).await; // past the age an answer is given again

    server.freeze();
    let before = pool.asked.load(Ordering::Relaxed);
    let answers = join_all((0..CALLERS).map(|_| service.health())).await;
    let asked = pool.asked.load(Ordering::Relaxed) - before;
    let slowest = answers.iter().map(|answer| answer.took).max().unwrap();
    println!(
        "| {CALLERS} callers, PostgreSQL frozen by SIGSTOP | 503 `no answer within 500ms`, {asked} check | {} (slowest) | - | - |",
        slowest.as_millis()
    );
    assert!(answers.iter().all(|answer| answer.status == 503));
    assert!(slowest < LIMIT + MARGIN, "{slowest:?}");
    assert_eq!(asked, 1);
    let abandoned = service.value("axisor_health_checks_abandoned_total{check=\"database\"}");
    assert_eq!(abandoned, Some(1.0));

    server.thaw();
    let answer = service.health().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}
