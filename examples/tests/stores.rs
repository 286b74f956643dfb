//! The backend with a real PostgreSQL and Redis.

use std::process::Stdio;
use std::time::Duration;

use axisor_tests::page::until_line;
use axisor_tests::postgres::PostgresServer;
use axisor_tests::redis::RedisServer;
use axisor_tests::until;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const DEADLINE: Duration = Duration::from_secs(30);

/// The backend on a free port, and where it listens.
async fn backend(database: &str, redis: &str) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_backend"))
        .args(["--port", "0"])
        .env("TRADING_DATABASE_URL", database)
        .env("TRADING_REDIS_URL", redis)
        .env("AXISOR_HEALTH_REFRESH", "200ms")
        .env("AXISOR_HEALTH_TIMEOUT", "1s")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a backend");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let find = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some((_, url)) = line.split_once("requests on ") {
                return Some(url.to_owned());
            }
        }
        None
    };
    let url = tokio::time::timeout(DEADLINE, find).await;
    (child, url.expect("in time").expect("where it listens"))
}

async fn checks(url: &str) -> Option<Value> {
    let answer = reqwest::get(format!("{url}/health")).await.ok()?;
    let body: Value = answer.json().await.ok()?;
    Some(body["checks"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_backend_watches_the_stores_it_is_given() {
    let mut postgres = PostgresServer::start(20).expect("PostgreSQL");
    let mut redis = RedisServer::start().expect("Redis");
    let (_backend, url) = backend(&postgres.url(), &redis.url()).await;
    let page = format!("{url}/metrics");
    for line in [
        "axisor_active_users 24",
        "axisor_database_connections 1",
        "axisor_health_check{check=\"database\"} 1",
        "axisor_health_check{check=\"redis\"} 1",
    ] {
        until_line(&page, line).await.expect(line);
    }
    postgres.stop().expect("stopped");
    redis.stop().expect("stopped");
    for line in [
        "axisor_health_check{check=\"database\"} 0",
        "axisor_health_check{check=\"redis\"} 0",
        "axisor_system_health 0",
    ] {
        until_line(&page, line).await.expect(line);
    }
    postgres.start_again().expect("started");
    redis.start_again().expect("started");
    let well = until(DEADLINE, "both stores", async || {
        let checks = checks(&url).await?;
        let is_well = |check: &str| checks[check]["healthy"] == true;
        (is_well("database") && is_well("redis")).then_some(())
    });
    well.await.expect("well again");
}
