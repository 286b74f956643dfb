//! A wrong Sentry, and one that is away.

use std::time::{Duration, Instant};

use axisor_telemetry::record::AutomationStatus;
use axisor_telemetry::{ShutdownError, StartError, Telemetry};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use tower::ServiceExt as _;

use crate::server::{DEADLINE, Server, sending};

async fn fail(telemetry: &Telemetry) {
    let app = Router::new()
        .route("/", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .layer(telemetry.http_layer());
    let request = Request::get("/").body(Body::empty()).expect("a request");
    assert_eq!(app.oneshot(request).await.expect("an answer").status(), 500);
}

#[test]
fn a_wrong_dsn_is_an_error_at_the_start_that_does_not_repeat_it() {
    for dsn in [
        "hunter2",
        "hunter2@sentry/1",
        "http://sentry/1?hunter2",
        "ftp://hunter2@sentry/1",
        "http://hunter2@/1",
        "http://hunter2@sentry",
        "http://hunter2@sentry/",
        "http://hunter2@sentry:99999/1",
    ] {
        let error = sending(dsn).build().expect_err(dsn);
        let text = error.to_string();
        assert!(
            text.contains("sentry.dsn") && text.contains("expected"),
            "{dsn}: {text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn no_dsn_is_an_error_too() {
    let builder = Telemetry::builder("axisor-test").without_environment();
    let error = builder.set("sentry.enabled", true).build();
    assert!(matches!(error, Err(StartError::Config(_))), "{error:?}");
}

#[test]
fn a_sentry_that_is_switched_off_needs_none() {
    let builder = Telemetry::builder("axisor-test").without_environment();
    let telemetry = builder.set("sentry.enabled", false).build();
    telemetry
        .expect("a telemetry")
        .shutdown(DEADLINE)
        .expect("nothing to send");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentry_that_is_away_costs_nothing_but_a_counter() {
    let telemetry = sending("http://public@127.0.0.1:1/42")
        .build()
        .expect("a telemetry");
    let begun = Instant::now();
    for _ in 0..500 {
        fail(&telemetry).await;
    }
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    telemetry
        .automations()
        .record("margin_check", AutomationStatus::Success);
    let result = telemetry.shutdown(Duration::from_millis(300));
    let Err(ShutdownError::Deadline { report, .. }) = result else {
        panic!("{result:?}");
    };
    assert_eq!(report.errors.exported, 0);
    assert_eq!(report.errors.dropped + report.errors.left, 500, "{report}");
    let page = telemetry.exposition().expect("a page");
    let lost = "axisor_telemetry_dropped_total{reason=\"queue_full\",signal=\"errors\"}";
    assert!(page.contains(lost), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentry_that_refuses_is_told_of() {
    let server = Server::answering(StatusCode::FORBIDDEN);
    let telemetry = server.telemetry().build().expect("a telemetry");
    fail(&telemetry).await;
    let result = telemetry.shutdown(DEADLINE);
    let Err(ShutdownError::Lost { report }) = result else {
        panic!("{result:?}");
    };
    assert_eq!((report.errors.exported, report.errors.dropped), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentry_that_throttles_is_left_alone_as_long_as_it_says() {
    let server = Server::answering(StatusCode::TOO_MANY_REQUESTS);
    let telemetry = server.telemetry().build().expect("a telemetry");
    for _ in 0..50 {
        fail(&telemetry).await;
    }
    let _ = telemetry.shutdown(Duration::from_secs(1));
    assert!(
        server.events().len() < 20,
        "asked {} times",
        server.events().len()
    );
}
