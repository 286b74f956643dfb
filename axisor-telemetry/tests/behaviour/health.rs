//! `/health` and `axisor_system_health`.

use std::future::Ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axisor_telemetry::health::{CheckReport, Checking, HealthCheck};
use axisor_telemetry::poll::Polled;
use axisor_telemetry::{Clock, Telemetry};
use axum::Router;
use serde_json::json;
use tokio::sync::Notify;

use crate::app::App;
use crate::seen::{self, until, value};

fn gauge(telemetry: &Telemetry) -> Option<f64> {
    value(telemetry, "axisor_system_health", &[])
}

async fn fine() -> Result<(), std::io::Error> {
    Ok(())
}

fn database(up: bool) -> Ready<Result<CheckReport, std::io::Error>> {
    std::future::ready(if up {
        Ok(CheckReport::healthy().with_response_time())
    } else {
        Err(std::io::Error::other(
            "Can't reach database server at `postgres:5432`",
        ))
    })
}

#[tokio::test]
async fn health_answers_the_originals_json_in_the_order_of_registration() {
    let app = App::configured(
        |builder| {
            builder
                .health_check("database", || database(true))
                .health_check("redis", fine)
                .health_check("external_services", async || {
                    Ok::<_, std::io::Error>(CheckReport::healthy().with("lnmarkets_api", true))
                })
        },
        |_| Router::new(),
    )
    .await;
    assert_eq!(gauge(&app.telemetry), Some(0.0), "nobody has asked yet");
    let answer = app.ask("GET", "/health").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    let text = answer.text();
    let (body, timestamp) = text.split_once("\"timestamp\":\"").expect("a timestamp");
    assert_eq!(
        body,
        r#"{"healthy":true,"checks":{"database":{"healthy":true,"response_time":0.0},"redis":{"healthy":true},"external_services":{"healthy":true,"lnmarkets_api":true}},"#,
    );
    let timestamp = timestamp.strip_suffix("\"}").expect("the end");
    assert_eq!(timestamp.len(), "2025-01-06T00:00:00.000Z".len());
    let parts: Vec<_> = timestamp
        .split(|c: char| !c.is_ascii_digit())
        .map(str::len)
        .collect();
    assert_eq!(parts, [4, 2, 2, 2, 2, 2, 3, 0], "{timestamp}");
    assert_eq!(gauge(&app.telemetry), Some(1.0));
    assert_eq!(app.requests("GET", "/health", "200"), Some(1.0));
}

#[tokio::test]
async fn a_failed_check_makes_503_and_its_message_is_passed_on() {
    let up = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&up);
    let app = App::configured(
        |builder| {
            builder
                .health_check("database", move || database(seen.load(Ordering::Relaxed)))
                .health_check("redis", fine)
        },
        |_| Router::new(),
    )
    .await;
    let answer = app.ask("GET", "/health").await;
    assert_eq!(answer.status, 503);
    let expected =
        json!({"healthy": false, "error": "Can't reach database server at `postgres:5432`"});
    assert_eq!(answer.json()["checks"]["database"], expected);
    assert_eq!(answer.json()["checks"]["redis"], json!({"healthy": true}));
    assert_eq!(answer.json()["healthy"], false);
    assert_eq!(gauge(&app.telemetry), Some(0.0));
    up.store(true, Ordering::Relaxed);
    assert_eq!(app.ask("HEAD", "/health").await.status, 200);
    assert_eq!(
        gauge(&app.telemetry),
        Some(1.0),
        "HEAD asks the checks as well"
    );
}

#[tokio::test]
async fn no_credential_leaves_in_an_error() {
    let error = "connect postgres://axisor:hunter2@postgres:5432/axisor failed";
    let check = move || std::future::ready(Err::<(), _>(error));
    let telemetry = seen::builder()
        .health_check("database", check)
        .build()
        .unwrap();
    let report = telemetry.health().report().await.unwrap();
    telemetry.health().declare_unhealthy(error);
    let declared = telemetry.health().report().await.unwrap_err();
    for json in [
        serde_json::to_string(&report),
        serde_json::to_string(&declared),
    ] {
        let json = json.unwrap();
        assert!(
            json.contains("failed") && !json.contains("hunter2"),
            "{json}"
        );
    }
}

#[tokio::test]
async fn an_unhealthy_check_without_an_error_has_its_details_alone() {
    let refused =
        async || Ok::<_, std::io::Error>(CheckReport::unhealthy().with("lnmarkets_api", false));
    let telemetry = seen::builder()
        .health_check("external_services", refused)
        .build()
        .unwrap();
    let report = telemetry.health().report().await.unwrap();
    let json = serde_json::to_value(&report).unwrap();
    let expected = json!({"healthy": false, "lnmarkets_api": false});
    assert_eq!(json["checks"]["external_services"], expected);
    assert!(!report.is_healthy());
}

#[tokio::test]
async fn no_key_of_a_check_is_there_twice() {
    let check = async || {
        let report = CheckReport::failed("down").with_response_time();
        let twice = |report: CheckReport, name| report.with(name, "a detail").with(name, "again");
        let names = ["healthy", "response_time", "error", "latency"];
        Ok::<_, std::io::Error>(names.into_iter().fold(report, twice))
    };
    let telemetry = seen::builder()
        .clock(Clock::manual())
        .health_check("database", check)
        .build()
        .unwrap();
    let report = telemetry.health().report().await.unwrap();
    let json = serde_json::to_string(&report).unwrap();
    let expected =
        r#"{"database":{"healthy":false,"response_time":0.0,"latency":"again","error":"down"}}"#;
    assert!(json.contains(expected), "{json}");
}

#[tokio::test]
async fn a_detail_may_have_a_name_that_the_report_does_not_use() {
    let check = async || {
        let report = CheckReport::healthy().with("response_time", 12);
        Ok::<_, std::io::Error>(report.with("error", "none"))
    };
    let telemetry = seen::builder()
        .health_check("database", check)
        .build()
        .unwrap();
    let json = serde_json::to_value(telemetry.health().report().await.unwrap()).unwrap();
    let expected = json!({"healthy": true, "response_time": 12, "error": "none"});
    assert_eq!(json["checks"]["database"], expected);
}

#[tokio::test]
async fn the_gauge_of_a_service_declared_unhealthy_falls_at_once() {
    let telemetry = seen::builder().build().unwrap();
    assert!(telemetry.health().report().await.unwrap().is_healthy());
    telemetry.health().declare_unhealthy("draining");
    assert_eq!(gauge(&telemetry), Some(0.0));
    telemetry.health().withdraw();
    assert_eq!(gauge(&telemetry), Some(0.0), "until the checks are asked");
    assert!(telemetry.health().report().await.unwrap().is_healthy());
    assert_eq!(gauge(&telemetry), Some(1.0));
}

#[tokio::test]
async fn a_report_under_way_does_not_raise_the_gauge_of_a_service_declared_unhealthy() {
    let release = Arc::new(Notify::new());
    let wait = Arc::clone(&release);
    let check = move || {
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            Ok::<(), std::io::Error>(())
        }
    };
    let telemetry = seen::builder()
        .health_check("database", check)
        .build()
        .unwrap();
    let asked = telemetry.clone();
    let under_way = tokio::spawn(async move { asked.health().report().await });
    tokio::task::yield_now().await;
    telemetry.health().declare_unhealthy("draining");
    release.notify_one();
    assert!(under_way.await.unwrap().unwrap().is_healthy());
    assert_eq!(gauge(&telemetry), Some(0.0));
}

#[tokio::test]
async fn a_service_declared_unhealthy_is_answered_without_its_checks() {
    let app = App::configured(
        |builder| builder.health_check("redis", fine),
        |_| Router::new(),
    )
    .await;
    assert_eq!(app.ask("GET", "/health").await.status, 200);
    app.telemetry.health().declare_unhealthy("no health today");
    let answer = app.ask("GET", "/health").await;
    assert_eq!(answer.status, 503);
    let body = answer.json();
    let keys: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 3);
    assert_eq!(
        (&body["healthy"], &body["error"]),
        (&json!(false), &json!("no health today"))
    );
    assert!(body["timestamp"].is_string());
    assert_eq!(gauge(&app.telemetry), Some(0.0));
    app.telemetry.health().withdraw();
    assert_eq!(app.ask("GET", "/health").await.status, 200);
    assert_eq!(gauge(&app.telemetry), Some(1.0));
}

#[tokio::test]
async fn a_check_that_never_answers_is_dropped_at_its_limit() {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&dropped);
    let hangs = move || {
        let held = Dropped(Arc::clone(&watched));
        async move {
            let _held = held;
            std::future::pending::<Result<(), std::io::Error>>().await
        }
    };
    let telemetry = seen::builder()
        .set("health.timeout", "50ms")
        .health_check("database", hangs)
        .health_check("redis", fine)
        .build()
        .unwrap();
    let report = telemetry.health().report().await.unwrap();
    let checks: Vec<_> = report.checks().collect();
    assert_eq!(checks[0].1.error(), Some("no answer within 50ms"));
    assert!(checks[1].1.is_healthy());
    until("dropped", || dropped.load(Ordering::Relaxed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_blocks_its_thread_holds_nobody_up() {
    let blocks = async || {
        std::thread::sleep(Duration::from_millis(1_500));
        Ok::<(), std::io::Error>(())
    };
    let telemetry = seen::builder()
        .set("health.timeout", "50ms")
        .health_check("database", blocks)
        .build()
        .unwrap();
    let start = Instant::now();
    let report = tokio::spawn(async move { telemetry.health().report().await });
    assert!(!report.await.unwrap().unwrap().is_healthy());
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_blocks_its_thread_holds_no_answer_up() {
    let blocks = async || {
        std::thread::sleep(Duration::from_secs(2));
        Ok::<(), std::io::Error>(())
    };
    let app = App::configured(
        |builder| {
            builder
                .set("health.timeout", "200ms")
                .health_check("database", blocks)
        },
        |_| Router::new(),
    )
    .await;
    let start = Instant::now();
    let answer = app.ask("GET", "/health").await;
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(answer.status, 503);
    let expected = json!({"healthy": false, "error": "no answer within 200ms"});
    assert_eq!(answer.json()["checks"]["database"], expected);
}

#[tokio::test]
async fn a_panic_in_a_check_is_that_checks_failure() {
    struct Panics;
    impl HealthCheck for Panics {
        fn check(&self) -> Checking<'_> {
            panic!("password=hunter2")
        }
    }
    let telemetry = seen::builder()
        .health_check("database", Panics)
        .health_check("redis", fine)
        .build()
        .unwrap();
    let report = telemetry.health().report().await.unwrap();
    let checks: Vec<_> = report.checks().collect();
    assert_eq!(checks[0].1.error(), Some("panicked"));
    assert!(checks[1].1.is_healthy());
}

#[tokio::test]
async fn checks_are_asked_at_the_same_time() {
    let meeting = Arc::new(tokio::sync::Barrier::new(3));
    let mut builder = seen::builder();
    for name in ["database", "redis", "external_services"] {
        let meeting = Arc::clone(&meeting);
        builder = builder.health_check(name, move || {
            let meeting = Arc::clone(&meeting);
            async move {
                meeting.wait().await;
                Ok::<(), std::io::Error>(())
            }
        });
    }
    let telemetry = builder.build().unwrap();
    assert!(telemetry.health().report().await.unwrap().is_healthy());
}

#[tokio::test]
async fn a_check_of_the_same_name_takes_the_earlier_ones_place() {
    let telemetry = seen::builder()
        .health_check("database", || database(false))
        .health_check("redis", fine)
        .health_check("database", || database(true))
        .build()
        .unwrap();
    let report = telemetry.health().report().await.unwrap();
    let names: Vec<_> = report.checks().map(|(name, _)| name).collect();
    assert_eq!(names, ["database", "redis"]);
    assert!(report.is_healthy());
}

#[tokio::test]
async fn a_service_without_checks_is_healthy() {
    let telemetry = seen::builder().build().unwrap();
    assert!(telemetry.health().report().await.unwrap().is_healthy());
    assert_eq!(gauge(&telemetry), Some(1.0));
}

#[tokio::test]
async fn health_and_polls_show_what_is_registered() {
    let telemetry = seen::builder()
        .health_check("database", || database(true))
        .poll(Polled::ActiveUsers, async || Ok::<_, std::io::Error>(1.0))
        .build()
        .unwrap();
    let (health, polls) = (telemetry.health(), telemetry.polls());
    assert_eq!(
        format!("{health:?} {polls:?}"),
        r#"Health { timeout: 5s, checks: ["database"], .. } Polls { timeout: 10s, polled: [ActiveUsers], .. }"#,
    );
}
