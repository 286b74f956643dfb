//! Panics anywhere in a process that has installed its telemetry.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::routing::get;
use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use tower::ServiceExt as _;

use crate::server::{DEADLINE, Server, trace, value};

#[tokio::test]
async fn each_is_one_event_from_where_it_began() {
    let server = Server::up();
    let guard = server.telemetry().init().expect("a telemetry");

    let tracer = guard.tracer();
    let thread = std::thread::spawn(move || {
        tracer.in_span("work", |context: Context| -> String {
            let id = context.span().span_context().span_id().to_string();
            assert!(id.is_empty(), "broken for ada@axisor.io in span {id}");
            id
        })
    });
    thread.join().expect_err("it panics");
    let handler = || async { panic!("a handler's") as &str };
    let app = Router::new()
        .route("/panic/{id}", get(handler))
        .layer(guard.http_layer());
    let request = Request::get("/panic/7")
        .body(Body::empty())
        .expect("a request");
    let answer = app.oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), 500);
    to_bytes(Body::new(answer.into_body()), 1024)
        .await
        .expect("a body");

    guard.force_flush(DEADLINE).expect("everything is sent");
    let event = server.event("a handler's");
    assert_eq!(event.tags["route"], "/panic/:id");
    assert_eq!(event.exception.values[0].ty, "panic");
    let frame = &event.exception.values[0]
        .stacktrace
        .as_ref()
        .expect("a place")
        .frames[0];
    assert!(
        frame
            .filename
            .as_deref()
            .is_some_and(|file| file.ends_with("panics.rs"))
    );

    let of_the_thread = |event: &&sentry::protocol::Event<'_>| {
        value(event).is_some_and(|text| text.starts_with("broken for [redacted] in span "))
    };
    let events = server.events();
    let event = events.iter().find(of_the_thread).expect("the thread's");
    let span = trace(event).span_id.to_string();
    assert!(
        value(event).is_some_and(|text| text.ends_with(&span)),
        "{event:?}"
    );

    let of_handlers = events
        .iter()
        .filter(|event| event.tags.contains_key("route"));
    let of_handlers = of_handlers.filter(|event| event.tags["route"] == "/panic/:id");
    assert_eq!(of_handlers.count(), 1, "{events:#?}");
    guard.shutdown(DEADLINE).expect("everything is sent");
}
