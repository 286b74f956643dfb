//! The server span of a request.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::StatusCode;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, Value};

use crate::app::{App, read_until};

fn text(value: &str) -> Value {
    Value::from(value.to_owned())
}

async fn ok() -> &'static str {
    "ok"
}

#[tokio::test]
async fn a_span_follows_the_semantic_conventions() {
    let app = App::serve(Router::new().route("/api/users/{id}", get(ok))).await;
    app.ask_with(
        "GET",
        "/api/users/7?token=secret",
        "user-agent: probe/1\r\n",
    )
    .await;
    let span = app.ended("GET /api/users/:id").await;
    assert_eq!(span.span_kind, SpanKind::Server);
    assert_eq!(span.status, Status::Unset);
    assert!(!span.parent_span_is_remote);
    for (key, expected) in [
        ("http.request.method", Some(text("GET"))),
        ("http.request.method_original", None),
        ("http.route", Some(text("/api/users/:id"))),
        ("url.path", Some(text("/api/users/7"))),
        ("url.query", None),
        ("url.scheme", Some(text("http"))),
        ("http.response.status_code", Some(Value::from(200_i64))),
        ("user_agent.original", Some(text("probe/1"))),
        ("network.protocol.version", Some(text("1.1"))),
        ("client.address", Some(text("127.0.0.1"))),
        ("error.type", None),
    ] {
        match expected {
            Some(value) => span.assert_attribute(key, value),
            None => span.assert_no_attribute(key),
        };
    }
    assert!(!format!("{span:?}").contains("secret"));
}

#[tokio::test]
async fn a_span_without_a_route_is_named_by_its_method() {
    let app = App::serve(Router::new().route("/api/ping", get(ok))).await;
    app.ask("GET", "/nope").await;
    let span = app.ended("GET").await;
    span.assert_no_attribute("http.route");
    span.assert_attribute("url.path", "/nope");
    assert_eq!(span.status, Status::Unset, "a 4xx is the client's error");
}

#[tokio::test]
async fn a_span_of_a_wrong_method_has_no_route_either() {
    let app = App::serve(Router::new().route("/api/ping", get(ok))).await;
    app.ask("POST", "/api/ping").await;
    let span = app.ended("POST").await;
    span.assert_no_attribute("http.route");
    span.assert_attribute("url.path", "/api/ping");
}

#[tokio::test]
async fn an_unknown_method_is_kept_in_the_span_alone() {
    let app = App::serve(Router::new().route("/dav", axum::routing::any(ok))).await;
    app.ask("PROPFIND", "/dav").await;
    let span = app.ended("HTTP /dav").await;
    span.assert_attribute("http.request.method", "_OTHER");
    span.assert_attribute("http.request.method_original", "PROPFIND");
}

#[tokio::test]
async fn inside_a_nested_router_the_path_is_still_the_clients() {
    let telemetry_app = App::configured(
        |builder| builder,
        |_| Router::new().nest("/shop", Router::new().route("/items/{sku}", get(ok))),
    )
    .await;
    telemetry_app.ask("GET", "/shop/items/1").await;
    let span = telemetry_app.ended("GET /shop/items/:sku").await;
    span.assert_attribute("url.path", "/shop/items/1");
}

#[tokio::test]
async fn a_5xx_and_a_panic_are_errors() {
    async fn panics() -> &'static str {
        panic!("no answer today")
    }
    let busy = get(async || StatusCode::SERVICE_UNAVAILABLE);
    let app = App::serve(
        Router::new()
            .route("/busy", busy)
            .route("/panics", get(panics)),
    )
    .await;
    app.ask("GET", "/busy").await;
    app.ask("GET", "/panics").await;
    for (name, error, status) in [("GET /busy", "503", 503_i64), ("GET /panics", "panic", 500)] {
        let span = app.ended(name).await;
        assert_eq!(span.status, Status::error(""));
        span.assert_attribute("error.type", error);
        span.assert_attribute("http.response.status_code", status);
        assert!(!format!("{span:?}").contains("no answer today"));
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_a_cancelled_span_and_no_error() {
    let app = App::serve(Router::new().route("/slow", get(std::future::pending::<()>))).await;
    drop(app.begin("GET", "/slow").await);
    let span = app.ended("GET /slow").await;
    assert_eq!(span.status, Status::Unset);
    span.assert_attribute("axisor.outcome", "cancelled");
    span.assert_attribute("http.route", "/slow");
    span.assert_no_attribute("http.response.status_code");
}

#[tokio::test]
async fn what_a_handler_and_its_body_do_is_below_the_span_of_the_request() {
    let work = || async {
        let context = Context::current();
        let seen = context.span().span_context().span_id();
        let body = futures_util::stream::once(async move {
            let in_body = Context::current().span().span_context().span_id();
            Ok::<_, std::convert::Infallible>(format!("{seen} {in_body}"))
        });
        Body::from_stream(body)
    };
    let app = App::serve(Router::new().route("/work", get(work))).await;
    let mut stream = app.begin("GET", "/work").await;
    let answer = read_until(&mut stream, "0\r\n\r\n").await;
    let span = app.ended("GET /work").await.span_context.span_id();
    assert!(answer.contains(&format!("{span} {span}")), "{answer}");
}

#[tokio::test]
async fn a_traceparent_is_the_parent_and_baggage_comes_with_it() {
    use opentelemetry::baggage::BaggageExt as _;

    let plan = || async {
        Context::current()
            .baggage()
            .get("plan")
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    let app = App::serve(Router::new().route("/plan", get(plan))).await;
    let headers = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nbaggage: plan=pro\r\n";
    assert_eq!(app.ask_with("GET", "/plan", headers).await.text(), "pro");
    let span = app.ended("GET /plan").await;
    let trace = span.span_context.trace_id().to_string();
    assert_eq!(trace, "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
    assert!(span.parent_span_is_remote);
}

#[tokio::test]
async fn a_malformed_traceparent_is_ignored() {
    for bad in [
        "traceparent: nonsense\r\n",
        "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\n",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01\r\n",
        "traceparent: ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
        "traceparent: 00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01\r\n",
        "traceparent: \r\n",
        "traceparent: 00-\u{ff}\r\n",
    ] {
        let app = App::serve(Router::new().route("/api/ping", get(ok))).await;
        assert_eq!(
            app.ask_with("GET", "/api/ping", bad).await.status,
            200,
            "{bad}"
        );
        let span = app.ended("GET /api/ping").await;
        assert_eq!(span.parent_span_id.to_string(), "0000000000000000", "{bad}");
        assert_ne!(
            span.span_context.trace_id().to_string(),
            "0af7651916cd43dd8448eb211c80319c"
        );
        assert_eq!(app.requests("GET", "/api/ping", "200"), Some(1.0));
    }
}

#[tokio::test]
async fn text_of_the_client_is_bounded() {
    let app = App::serve(Router::new().route("/files/{*path}", get(ok))).await;
    let long = "a".repeat(10_000);
    let agent = format!("user-agent: {long}\r\n");
    app.ask_with("GET", &format!("/files/{long}"), &agent).await;
    let span = app.ended("GET /files/*").await;
    for key in ["url.path", "user_agent.original"] {
        let Some(Value::String(kept)) = span.attribute(key) else {
            panic!("no {key}")
        };
        assert_eq!(kept.as_str().len(), 1024);
    }
}

#[tokio::test]
async fn spans_of_the_handler_join_the_trace() {
    let app = App::configured(|builder| builder, |_| Router::new()).await;
    let tracer = app.telemetry.tracer();
    let route = get(move || {
        let tracer = tracer.clone();
        async move { tracer.in_span("inside", |_| "ok") }
    });
    let routes = Router::new()
        .route("/joined", route)
        .layer(app.telemetry.http_layer());
    let (addr, serving) = crate::app::listen(routes).await;
    crate::app::ask(addr, "GET", "/joined", "").await;
    app.ended("GET /joined").await;
    app.telemetry.assert_spans("GET /joined\n  inside");
    serving.abort();
}
