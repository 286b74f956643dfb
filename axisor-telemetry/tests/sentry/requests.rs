//! Handlers that fail.

use axisor_telemetry::Telemetry;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use tower::ServiceExt as _;

use crate::server::{DEADLINE, Server, trace, value};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn ask(telemetry: &Telemetry, target: &str) -> StatusCode {
    let app = Router::new()
        .route("/api/users/{id}", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/fine", get(|| async { StatusCode::NOT_FOUND }))
        .route("/health", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route(
            "/panic",
            get(|| async { panic!("ada@axisor.io") as StatusCode }),
        )
        .layer(telemetry.http_layer());
    let request = Request::get(target)
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .header("cookie", "session=hunter2")
        .body(Body::empty())
        .expect("a request");
    let answer = app.oneshot(request).await.expect("an answer");
    let status = answer.status();
    to_bytes(Body::new(answer.into_body()), 1024)
        .await
        .expect("a body");
    status
}

#[tokio::test]
async fn an_answer_of_500_and_above_is_an_event_with_its_route_and_nothing_of_the_user() {
    let server = Server::up();
    let telemetry = server.telemetry().build().expect("a telemetry");
    ask(&telemetry, "/api/users/ada@axisor.io?token=hunter2").await;
    let event = server.only(&telemetry);
    assert_eq!(event.transaction.as_deref(), Some("GET /api/users/:id"));
    assert_eq!(event.tags["route"], "/api/users/:id");
    assert_eq!(event.exception.values[0].ty, "502");
    assert_eq!(value(&event), Some("GET /api/users/:id ended with 502"));
    assert_eq!(trace(&event).trace_id.to_string(), TRACE);
    let all = serde_json::to_string(&event).expect("JSON");
    for private in ["ada", "hunter2", "127.0.0.1"] {
        assert!(!all.contains(private), "{private} in {all}");
    }
}

#[tokio::test]
async fn what_is_no_failure_is_no_event() {
    let server = Server::up();
    let telemetry = server.telemetry().build().expect("a telemetry");
    assert_eq!(ask(&telemetry, "/fine").await, 404);
    assert_eq!(ask(&telemetry, "/health").await, 503);
    assert_eq!(ask(&telemetry, "/nowhere").await, 404);
    telemetry.shutdown(DEADLINE).expect("nothing to send");
    assert!(server.events().is_empty(), "{:#?}", server.events());
}

#[tokio::test]
async fn a_handler_that_panics_is_one_event() {
    let server = Server::up();
    let telemetry = server.telemetry().build().expect("a telemetry");
    assert_eq!(ask(&telemetry, "/panic").await, 500);
    let event = server.only(&telemetry);
    assert_eq!(event.exception.values[0].ty, "panic");
    assert_eq!(event.level, sentry::Level::Fatal);
    assert_eq!(event.tags["route"], "/panic");
}
