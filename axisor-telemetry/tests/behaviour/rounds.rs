//! Rounds of checks: shared, young, by themselves; what each check's failure means; readiness.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axisor_telemetry::health::{CheckReport, HealthCheck, Readiness};
use axisor_telemetry::testing::TestTelemetry;
use axisor_telemetry::{Telemetry, TelemetryBuilder};
use axum::Router;
use futures_util::future::join_all;
use opentelemetry::trace::Status;
use serde_json::json;
use tokio::sync::Notify;

use crate::app::App;
use crate::seen::{self, until, value};

type Answer = Result<(), &'static str>;

/// A part of the service that is up or down, and knows how often it was asked.
#[derive(Clone, Default)]
struct Part {
    down: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Part {
    fn down() -> Self {
        let part = Self::default();
        part.set_down(true);
        part
    }

    fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn check(&self) -> impl HealthCheck + use<> {
        let part = self.clone();
        move || {
            part.asked.fetch_add(1, Ordering::Relaxed);
            let down = part.down.load(Ordering::Relaxed);
            std::future::ready(if down { Answer::Err("down") } else { Ok(()) })
        }
    }
}

async fn hangs() -> Answer {
    std::future::pending().await
}

fn built(builder: TelemetryBuilder) -> Telemetry {
    builder.build().unwrap()
}

fn gauge(telemetry: &Telemetry) -> Option<f64> {
    value(telemetry, "axisor_system_health", &[])
}

fn check_gauge(telemetry: &Telemetry, check: &str) -> Option<f64> {
    value(telemetry, "axisor_health_check", &[("check", check)])
}

fn abandoned(telemetry: &Telemetry, check: &str) -> Option<f64> {
    let labels = [("check", check)];
    value(telemetry, "axisor_health_checks_abandoned_total", &labels)
}

#[tokio::test]
async fn all_who_ask_at_the_same_time_share_one_round() {
    let (part, release) = (Part::default(), Arc::new(Notify::new()));
    let (asked, wait) = (Arc::clone(&part.asked), Arc::clone(&release));
    let telemetry = built(seen::builder().health_check("database", move || {
        asked.fetch_add(1, Ordering::Relaxed);
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            Answer::Ok(())
        }
    }));
    let answers = tokio::spawn({
        let telemetry = telemetry.clone();
        async move {
            let asking = (0..200).map(|_| telemetry.health().report());
            join_all(asking).await
        }
    });
    until("asked", || part.asked() == 1).await;
    release.notify_one();
    let answers = answers.await.unwrap();
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().unwrap().is_healthy())
    );
    assert_eq!(part.asked(), 1);
}

#[tokio::test]
async fn a_round_goes_on_when_those_who_asked_have_left() {
    let release = Arc::new(Notify::new());
    let wait = Arc::clone(&release);
    let telemetry = built(seen::builder().health_check("database", move || {
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            Answer::Ok(())
        }
    }));
    let asked = telemetry.clone();
    let leaves = tokio::spawn(async move { asked.health().report().await });
    tokio::task::yield_now().await;
    leaves.abort();
    let _ = leaves.await;
    release.notify_one();
    until("the gauge", || gauge(&telemetry) == Some(1.0)).await;
}

#[tokio::test]
async fn a_young_answer_is_given_again_and_an_old_one_is_not() {
    let part = Part::default();
    let builder = seen::builder().set("health.max_age", "200ms");
    let telemetry = built(builder.health_check("database", part.check()));
    for _ in 0..100 {
        assert!(telemetry.health().report().await.unwrap().is_healthy());
    }
    assert_eq!(part.asked(), 1);
    part.set_down(true);
    let well = async || telemetry.health().report().await.unwrap().is_healthy();
    let start = Instant::now();
    while well().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(part.asked(), 2);
}

#[tokio::test]
async fn what_was_known_before_a_declaration_is_not_given_after_it() {
    let part = Part::default();
    let builder = seen::builder().set("health.max_age", "1h");
    let telemetry = built(builder.health_check("database", part.check()));
    assert!(telemetry.health().report().await.unwrap().is_healthy());
    telemetry.health().declare_unhealthy("maintenance");
    assert!(telemetry.health().report().await.is_err());
    telemetry.health().withdraw();
    part.set_down(true);
    assert!(!telemetry.health().report().await.unwrap().is_healthy());
}

#[tokio::test]
async fn the_gauges_are_true_without_anyone_asking() {
    let part = Part::down();
    let builder = seen::builder().set("health.refresh", "20ms");
    let telemetry = built(builder.health_check("database", part.check()));
    let running = telemetry.health().start();
    until("asked", || check_gauge(&telemetry, "database") == Some(0.0)).await;
    assert_eq!(gauge(&telemetry), Some(0.0));
    part.set_down(false);
    until("well", || gauge(&telemetry) == Some(1.0)).await;
    assert_eq!(check_gauge(&telemetry, "database"), Some(1.0));
    part.set_down(true);
    until("down", || gauge(&telemetry) == Some(0.0)).await;
    drop(running);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let asked = part.asked();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(part.asked(), asked, "dropped, it asks no more");
}

#[tokio::test]
async fn without_a_refresh_nobody_asks() {
    let part = Part::default();
    let builder = seen::builder().set("health.refresh", "0");
    let telemetry = built(builder.health_check("database", part.check()));
    let _running = telemetry.health().start();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(part.asked(), 0);
}

#[tokio::test]
async fn only_a_critical_check_makes_the_service_unhealthy_and_unready() {
    for (weigh, healthy, degraded, ready) in [
        ("critical", false, false, false),
        ("degraded", true, true, true),
        ("optional", true, false, true),
    ] {
        let check = Part::down().check();
        let builder = seen::builder().health_check("database", Part::default().check());
        let builder = match weigh {
            "degraded" => builder.health_check("cache", check.degraded()),
            "optional" => builder.health_check("cache", check.optional()),
            _ => builder.health_check("cache", check),
        };
        let app = App::configured(|_| builder, |_| Router::new()).await;
        let answer = app.ask("GET", "/health").await;
        assert_eq!(answer.status, if healthy { 200 } else { 503 }, "{weigh}");
        let body = answer.json();
        assert_eq!(body["healthy"], healthy, "{weigh}");
        assert_eq!(
            body["checks"]["cache"],
            json!({"healthy": false, "error": "down"})
        );
        assert_eq!(body.get("degraded").is_some(), degraded, "{weigh}: {body}");
        assert_eq!(gauge(&app.telemetry), Some(f64::from(u8::from(healthy))));
        assert_eq!(check_gauge(&app.telemetry, "cache"), Some(0.0));
        assert_eq!(check_gauge(&app.telemetry, "database"), Some(1.0));
        let answer = app.ask("GET", "/readyz").await;
        let expected = if ready {
            json!({"ready": true})
        } else {
            json!({"ready": false, "reason": "failing: cache"})
        };
        assert_eq!(answer.json(), expected, "{weigh}");
        assert_eq!(answer.status, if ready { 200 } else { 503 }, "{weigh}");
    }
}

#[tokio::test]
async fn during_the_grace_a_check_that_was_never_well_is_excused_but_not_ready() {
    let part = Part::down();
    let builder = seen::builder().set("health.grace", "1h");
    let telemetry = built(builder.health_check("database", part.check()));
    let report = telemetry.health().report().await.unwrap();
    let body = serde_json::to_value(&report).unwrap();
    assert_eq!(
        (&body["healthy"], &body["starting"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(body["checks"]["database"]["healthy"], false);
    assert_eq!(
        (gauge(&telemetry), check_gauge(&telemetry, "database")),
        (Some(1.0), Some(0.0))
    );
    let failing = Readiness::Failing(vec!["database".to_owned()]);
    assert_eq!(telemetry.health().readiness().await, failing);
    part.set_down(false);
    assert_eq!(telemetry.health().readiness().await, Readiness::Ready);
    part.set_down(true);
    assert!(
        !telemetry.health().report().await.unwrap().is_healthy(),
        "it was well once"
    );
}

#[tokio::test(start_paused = true)]
async fn after_the_grace_nobody_is_excused() {
    let builder = seen::builder().set("health.grace", "30s");
    let telemetry = built(builder.health_check("database", Part::down().check()));
    assert!(telemetry.health().report().await.unwrap().is_healthy());
    tokio::time::advance(Duration::from_secs(31)).await;
    let report = telemetry.health().report().await.unwrap();
    assert!(!report.is_healthy() && !report.is_starting());
}

#[tokio::test]
async fn the_process_is_live_whatever_its_checks_say() {
    let part = Part::down();
    let app = App::configured(
        |builder| builder.health_check("database", part.check()),
        |_| Router::new(),
    )
    .await;
    app.telemetry.health().declare_unhealthy("maintenance");
    let answer = app.ask("GET", "/livez").await;
    assert_eq!((answer.status, answer.json()), (200, json!({"live": true})));
    assert_eq!(part.asked(), 0);
    assert_eq!(
        app.ask("GET", "/readyz").await.json()["reason"],
        "declared unhealthy"
    );
}

#[tokio::test]
async fn from_the_beginning_of_a_shutdown_the_service_is_not_ready() {
    let part = Part::default();
    let app = App::configured(
        |builder| builder.health_check("database", part.check()),
        |_| Router::new(),
    )
    .await;
    assert_eq!(app.ask("GET", "/readyz").await.status, 200);
    app.telemetry.health().drain();
    let answer = app.ask("GET", "/readyz").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json(), json!({"ready": false, "reason": "draining"}));
    assert_eq!(app.ask("GET", "/health").await.status, 200, "it is well");
    assert_eq!(gauge(&app.telemetry), Some(1.0));

    let telemetry = built(seen::builder());
    let _ = telemetry.shutdown(Duration::from_secs(1));
    assert_eq!(telemetry.health().readiness().await, Readiness::Draining);
}

#[tokio::test]
async fn a_check_on_the_only_thread_holds_no_answer_up_and_is_counted() {
    let started = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&started);
    let blocks = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async {
            std::thread::sleep(Duration::from_secs(3));
            Answer::Ok(())
        }
    };
    let builder = seen::builder().set("health.timeout", "100ms");
    let telemetry = built(
        builder
            .health_check("database", blocks)
            .health_check("redis", Part::default().check()),
    );
    for asked in [1.0, 2.0] {
        let start = Instant::now();
        let report = telemetry.health().report().await.unwrap();
        assert!(
            start.elapsed() < Duration::from_millis(900),
            "{:?}",
            start.elapsed()
        );
        let checks: Vec<_> = report
            .checks()
            .map(|(_, check)| check.is_healthy())
            .collect();
        assert_eq!(checks, [false, true]);
        assert_eq!(abandoned(&telemetry, "database"), Some(asked));
    }
    assert_eq!(
        started.load(Ordering::Relaxed),
        1,
        "not again before it ended"
    );
    assert_eq!(abandoned(&telemetry, "redis"), None);
}

#[tokio::test]
async fn a_check_may_have_a_limit_of_its_own() {
    let telemetry = built(seen::builder().set("health.timeout", "1h").health_check(
        "database",
        hangs.within(Duration::from_millis(50)).optional(),
    ));
    let report = telemetry.health().report().await.unwrap();
    let (_, check) = report.checks().next().unwrap();
    assert_eq!(check.error(), Some("no answer within 50ms"));
    assert!(report.is_healthy());
}

#[tokio::test]
async fn each_check_is_a_span_below_the_request() {
    let app = App::configured(
        |builder| {
            builder
                .set("health.timeout", "50ms")
                .health_check("database", Part::default().check())
                .health_check("redis", Part::down().check())
                .health_check("lnd", hangs)
        },
        |_| Router::new(),
    )
    .await;
    assert_eq!(app.ask("GET", "/health").await.status, 503);
    let request = app.ended("GET /health").await;
    for (check, healthy, error) in [
        ("database", true, None),
        ("redis", false, Some(("unhealthy", "down"))),
        ("lnd", false, Some(("timeout", "no answer within 50ms"))),
    ] {
        let span = app.ended(&format!("health {check}")).await;
        assert_eq!(span.parent_span_id, request.span_context.span_id());
        span.assert_attribute("axisor.health.check", check);
        span.assert_attribute("axisor.health.healthy", healthy);
        match error {
            Some((kind, _)) => span.assert_attribute("error.type", kind),
            None => span.assert_no_attribute("error.type"),
        };
        let status = error.map_or(Status::Unset, |(_, words)| Status::error(words));
        assert_eq!(span.status, status);
    }
}

#[tokio::test]
async fn rounds_that_nobody_asked_for_are_traces_of_their_own() {
    let telemetry = TestTelemetry::configured(|builder| {
        builder.health_check("database", Part::default().check())
    });
    let _running = telemetry.health().start();
    telemetry.ended("health").await;
    telemetry.assert_spans("health\n  health database");
    telemetry.span("health").assert_root();
}

#[tokio::test]
async fn no_address_leaves_in_an_error() {
    for error in [
        "connect to 10.0.3.17:5432 refused",
        "error sending request for url (http://lnd.internal:10009/v1/state)",
        "dns error: db-1.prod.svc.cluster.local",
    ] {
        let report = CheckReport::failed(error);
        let text = report.error().unwrap();
        assert!(text.contains("[address]"), "{text}");
        for part in ["10.0.3.17", "internal", "cluster", "db-1"] {
            assert!(!text.contains(part), "{text}");
        }
    }
}

#[tokio::test]
async fn a_check_is_logged_once_as_it_begins_to_fail_and_once_as_it_is_well_again() {
    let part = Part::default();
    let telemetry = built(seen::builder().health_check("database", part.check()));
    let log = seen::Log::default();
    let _logging = log.install();
    for down in [false, true, true, false, false] {
        part.set_down(down);
        let _ = telemetry.health().report().await;
    }
    assert_eq!(log.levels(), ["WARN", "INFO"], "{}", log.text());
}

#[tokio::test]
async fn rounds_without_a_check_make_no_trace() {
    let telemetry = TestTelemetry::configured(|builder| {
        builder
            .set("health.refresh", "5ms")
            .set("health.max_age", "1ms")
    });
    let _running = telemetry.health().start();
    until("a round", || {
        value(&telemetry, "axisor_system_health", &[]) == Some(1.0)
    })
    .await;
    telemetry.assert_spans("");
}
