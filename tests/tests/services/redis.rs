//! Redis stopped, frozen and full.

use std::sync::Mutex;
use std::time::Duration;

use axisor_telemetry::health::RedisCheck;
use axisor_tests::redis::RedisServer;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use crate::watched::{Fault, Watched, builder};

pub(crate) async fn connection(server: &RedisServer) -> ConnectionManager {
    let client = redis::Client::open(server.url()).expect("a client");
    let config = ConnectionManagerConfig::new().set_max_delay(Duration::from_millis(100));
    let manager = ConnectionManager::new_with_config(client, config);
    manager.await.expect("a connection")
}

async fn watching(check: RedisCheck<ConnectionManager>) -> Watched {
    Watched::start(builder().health_check("redis", check)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_and_a_frozen_redis_are_noticed() {
    let server = RedisServer::start().expect("Redis");
    let service = watching(RedisCheck::new(connection(&server).await)).await;
    let server = Mutex::new(server);
    let fault = |name, error| Fault {
        name,
        check: "redis",
        error: Some(error),
    };
    fault("Redis stopped", "")
        .play(
            &service,
            &[],
            async || server.lock().unwrap().stop().expect("stopped"),
            async || server.lock().unwrap().start_again().expect("started"),
        )
        .await;
    fault("Redis frozen by SIGSTOP", "no answer")
        .play(
            &service,
            &[],
            async || server.lock().unwrap().freeze(),
            async || server.lock().unwrap().thaw(),
        )
        .await;
}

async fn set_maxmemory(connection: &ConnectionManager, bytes: &str) {
    let mut connection = connection.clone();
    for (name, value) in [("maxmemory-policy", "noeviction"), ("maxmemory", bytes)] {
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg(name).arg(value);
        let done: redis::RedisResult<()> = set.exec_async(&mut connection).await;
        done.expect("set");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_redis_is_noticed_by_a_check_that_writes() {
    let server = RedisServer::start().expect("Redis");
    let connection = connection(&server).await;
    let check = RedisCheck::new(connection.clone()).that_writes("axisor:health");
    let service = watching(check).await;
    let fault = Fault {
        name: "Redis maxmemory exhausted (the check writes)",
        check: "redis",
        error: Some("out of memory: writes are refused"),
    };
    fault
        .play(
            &service,
            &["axisor:health"],
            async || set_maxmemory(&connection, "1").await,
            async || set_maxmemory(&connection, "0").await,
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_redis_answers_a_ping() {
    let server = RedisServer::start().expect("Redis");
    let connection = connection(&server).await;
    let service = watching(RedisCheck::new(connection.clone())).await;
    service.until_check("redis", 1.0).await;
    set_maxmemory(&connection, "1").await;
    let answer = service.health().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    println!(
        "| Redis maxmemory exhausted (PING alone) | {} | {} | - | - |",
        answer.status,
        answer.took.as_millis()
    );
}
