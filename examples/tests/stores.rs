//! The backend with a real PostgreSQL and Redis, and an exchange that answers over HTTP.

mod backend;

use std::time::Duration;

use axisor_tests::page::until_line;
use axisor_tests::postgres::PostgresServer;
use axisor_tests::redis::RedisServer;
use axisor_tests::until;
use axum::Router;
use axum::routing::get;
use serde_json::Value;
use tokio::net::TcpListener;

const DEADLINE: Duration = Duration::from_secs(30);

async fn checks(url: &str) -> Option<Value> {
    let answer = reqwest::get(format!("{url}/health")).await.ok()?;
    let body: Value = answer.json().await.ok()?;
    Some(body["checks"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_backend_watches_the_stores_it_is_given() {
    let mut postgres = PostgresServer::start(20).expect("PostgreSQL");
    let mut redis = RedisServer::start().expect("Redis");
    let exchange = Router::new().route("/v2/user", get(async || "well"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let exchange_url = format!("http://{}/v2/user", listener.local_addr().expect("bound"));
    let exchange = tokio::spawn(async move { axum::serve(listener, exchange).await });
    let environment = [
        ("TRADING_DATABASE_URL", &*postgres.url()),
        ("TRADING_REDIS_URL", &*redis.url()),
        ("TRADING_LNMARKETS_URL", &*exchange_url),
        ("AXISOR_HEALTH_REFRESH", "200ms"),
        ("AXISOR_HEALTH_TIMEOUT", "1s"),
    ];
    let (_backend, url) = backend::start(&environment).await;
    let page = format!("{url}/metrics");
    for line in [
        "axisor_active_users 24",
        "axisor_database_connections 1",
        "axisor_health_check{check=\"database\"} 1",
        "axisor_health_check{check=\"redis\"} 1",
        "axisor_health_check{check=\"external_services\"} 1",
    ] {
        until_line(&page, line).await.expect(line);
    }
    postgres.stop().expect("stopped");
    redis.stop().expect("stopped");
    exchange.abort();
    for line in [
        "axisor_health_check{check=\"database\"} 0",
        "axisor_health_check{check=\"redis\"} 0",
        "axisor_health_check{check=\"external_services\"} 0",
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
