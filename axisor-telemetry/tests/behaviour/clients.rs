//! Requests that leave: the client's span, and the context that goes along.

use std::future::{Ready, pending, ready};
use std::task::Poll;

use axisor_telemetry::http::{ResendCount, UrlTemplate};
use axisor_telemetry::testing::{TestSpan, TestTelemetry};
use axum::Router;
use axum::http::{Request, Response, StatusCode};
use axum::routing::get;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{FutureExt as _, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, Value};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

use crate::app::App;

type Body = Empty<Bytes>;

fn request(url: &str) -> Request<Body> {
    Request::get(url).body(Body::new()).expect("a URL")
}

/// Sends over a real connection.
async fn send(
    telemetry: &TestTelemetry,
    request: Request<Body>,
) -> Result<Response<hyper::body::Incoming>, Error> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let client = telemetry.http_client_layer().layer(client);
    client.oneshot(request).await
}

/// The span of a request that a client answers without a network.
async fn span_of(request: Request<Body>, answer: StatusCode) -> TestSpan {
    let telemetry = TestTelemetry::new();
    let answering = service_fn(move |_: Request<Body>| {
        let mut response = Response::new(());
        *response.status_mut() = answer;
        ready(Ok::<_, std::io::Error>(response))
    });
    let client = telemetry.http_client_layer().layer(answering);
    client.oneshot(request).await.expect("an answer");
    telemetry.only_span()
}

#[tokio::test]
async fn a_request_is_a_client_span_below_the_current_one_and_the_server_joins_its_trace() {
    let plan = get(async || {
        Context::current()
            .baggage()
            .get("plan")
            .map(ToString::to_string)
            .unwrap_or_default()
    });
    let app = App::serve(Router::new().route("/positions/{id}", plan)).await;
    let tracer = app.telemetry.tracer();
    let job = Context::current_with_span(tracer.start("job"));
    let job = job.with_baggage([KeyValue::new("plan", "pro")]);
    let url = format!("http://{}/positions/7?token=secret", app.addr);
    let answer = send(&app.telemetry, request(&url))
        .with_context(job.clone())
        .await;
    let body = answer
        .expect("an answer")
        .into_body()
        .collect()
        .await
        .expect("a body");
    assert_eq!(body.to_bytes(), "pro");
    job.span().end();
    app.ended("job").await;
    app.ended("GET /positions/:id").await;
    app.telemetry
        .assert_spans("job\n  GET\n    GET /positions/:id");
    let span = app.telemetry.span("GET");
    span.assert_kind(&SpanKind::Client)
        .assert_status(&Status::Unset);
    let (host, port) = (app.addr.ip().to_string(), app.addr.port());
    for (key, expected) in [
        ("http.request.method", Some(Value::from("GET"))),
        ("server.address", Some(Value::from(host))),
        ("server.port", Some(Value::from(i64::from(port)))),
        (
            "url.full",
            Some(Value::from(format!(
                "http://{}/positions/7?token=REDACTED",
                app.addr
            ))),
        ),
        ("http.response.status_code", Some(Value::from(200_i64))),
        ("network.protocol.version", Some(Value::from("1.1"))),
        ("url.template", None),
        ("http.request.method_original", None),
        ("http.request.resend_count", None),
        ("error.type", None),
        ("axisor.outcome", None),
    ] {
        match expected {
            Some(value) => span.assert_attribute(key, value),
            None => span.assert_no_attribute(key),
        };
    }
}

#[tokio::test]
async fn an_answer_of_400_and_above_is_an_error_of_the_client() {
    for (status, error) in [
        (204, None),
        (304, None),
        (404, Some("404")),
        (503, Some("503")),
    ] {
        let answer = StatusCode::from_u16(status).expect("a status");
        let span = span_of(request("http://lnmarkets/v2/user"), answer).await;
        span.assert_attribute("http.response.status_code", i64::from(status));
        match error {
            Some(error) => span
                .assert_status(&Status::error(""))
                .assert_attribute("error.type", error),
            None => span
                .assert_status(&Status::Unset)
                .assert_no_attribute("error.type"),
        };
    }
}

#[tokio::test]
async fn a_url_has_no_credentials_and_of_its_query_the_names() {
    for (url, shown, port) in [
        ("http://api/v2", "http://api/v2", 80),
        ("https://api/v2", "https://api/v2", 443),
        ("https://api:8443/v2?", "https://api:8443/v2?REDACTED", 8443),
        (
            "http://ada:lovelace@api/v2",
            "http://REDACTED:REDACTED@api/v2",
            80,
        ),
        (
            "http://api/?a=1&key=xyz&b",
            "http://api/?a=REDACTED&key=REDACTED&REDACTED",
            80,
        ),
        ("http://[::1]:81/", "http://[::1]:81/", 81),
        (
            "http://api/bot/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl/send",
            "http://api/bot/[redacted]/send",
            80,
        ),
    ] {
        let span = span_of(request(url), StatusCode::OK).await;
        span.assert_attribute("url.full", shown.to_owned());
        span.assert_attribute("server.port", i64::from(port));
    }
    let long = format!("http://api/{}", "a/".repeat(5000));
    let span = span_of(request(&long), StatusCode::OK).await;
    let Some(Value::String(url)) = span.attribute("url.full") else {
        panic!("no URL")
    };
    assert!(url.as_str().len() <= 1024);
}

#[tokio::test]
async fn a_request_with_a_path_alone_names_the_host_of_its_header() {
    let asked = Request::get("/v2/user").header("host", "lnmarkets:8080");
    let span = span_of(asked.body(Body::new()).expect("a request"), StatusCode::OK).await;
    span.assert_attribute("server.address", "lnmarkets");
    span.assert_attribute("server.port", 8080_i64);
}

#[tokio::test]
async fn a_template_names_the_span_and_a_resend_is_counted() {
    let mut asked = request("http://positions/positions/7");
    asked
        .extensions_mut()
        .insert(UrlTemplate::new("/positions/:id"));
    asked.extensions_mut().insert(ResendCount(2));
    let span = span_of(asked, StatusCode::OK).await;
    assert_eq!(span.name, "GET /positions/:id");
    span.assert_attribute("url.template", "/positions/:id");
    span.assert_attribute("http.request.resend_count", 2_i64);
}

#[tokio::test]
async fn an_unknown_method_is_kept_in_an_attribute_alone() {
    let asked = Request::builder().method("PURGE").uri("http://cache/");
    let span = span_of(asked.body(Body::new()).expect("a request"), StatusCode::OK).await;
    assert_eq!(span.name, "HTTP");
    span.assert_attribute("http.request.method", "_OTHER");
    span.assert_attribute("http.request.method_original", "PURGE");
}

#[tokio::test]
async fn a_request_that_fails_is_an_error_of_its_type() {
    let telemetry = TestTelemetry::new();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}/", free.local_addr().expect("an address"));
    drop(free);
    send(&telemetry, request(&url))
        .await
        .expect_err("nobody listens");
    let span = telemetry.only_span();
    span.assert_status(&Status::error(""));
    span.assert_attribute("error.type", std::any::type_name::<Error>());
    span.assert_no_attribute("http.response.status_code");
}

#[tokio::test]
async fn an_error_whose_type_is_not_known_is_another() {
    let telemetry = TestTelemetry::new();
    let failing =
        service_fn(|_: Request<Body>| ready(Err::<Response<()>, tower::BoxError>("secret".into())));
    let client = telemetry.http_client_layer().layer(failing);
    client
        .oneshot(request("http://api/"))
        .await
        .expect_err("an error");
    telemetry
        .only_span()
        .assert_attribute("error.type", "_OTHER");
}

#[tokio::test]
async fn a_request_that_is_given_up_is_cancelled_and_no_error() {
    let telemetry = TestTelemetry::new();
    let waiting = service_fn(|_: Request<Body>| pending::<Result<Response<()>, std::io::Error>>());
    let client = telemetry.http_client_layer().layer(waiting);
    let mut sent = Box::pin(client.oneshot(request("http://api/")));
    assert!(sent.as_mut().now_or_never().is_none());
    assert_eq!(telemetry.spans().len(), 0, "it is under way");
    drop(sent);
    let span = telemetry.only_span();
    span.assert_status(&Status::Unset);
    span.assert_attribute("axisor.outcome", "cancelled");
    span.assert_no_attribute("error.type");
}

/// Panics when it is called, or when its answer is polled.
#[derive(Clone)]
struct Panicking {
    in_call: bool,
}

impl tower::Service<Request<Body>> for Panicking {
    type Response = Response<()>;
    type Error = std::io::Error;
    type Future = BoxFuture<'static, Result<Response<()>, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(!self.in_call, "no client today");
        Box::pin(async { panic!("no answer today") })
    }
}

#[tokio::test]
async fn a_client_that_panics_is_an_error_and_goes_on_panicking() {
    for in_call in [true, false] {
        let telemetry = TestTelemetry::new();
        let mut client = telemetry.http_client_layer().layer(Panicking { in_call });
        let asked = async move { client.call(request("http://api/")).await };
        let joined = tokio::spawn(asked).await;
        assert!(joined.expect_err("a panic").is_panic());
        let span = telemetry.only_span();
        span.assert_status(&Status::error(""));
        span.assert_attribute("error.type", "panic");
    }
}

#[tokio::test]
async fn what_the_client_does_is_below_the_span_and_records_where_it_does() {
    let telemetry = TestTelemetry::new();
    let tracer = telemetry.tracer();
    let connecting = service_fn(
        move |_: Request<Body>| -> Ready<Result<_, std::io::Error>> {
            tracer.in_span("connect", |_| ());
            ready(Ok(Response::new(())))
        },
    );
    let client = telemetry.http_client_layer().layer(connecting);
    client
        .oneshot(request("http://api/"))
        .await
        .expect("an answer");
    telemetry.assert_spans("GET\n  connect");
}

#[cfg(feature = "reqwest")]
mod reqwest {
    use std::time::Duration;

    use axum::http::Extensions;
    use axum::response::Redirect;
    use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};

    use super::*;

    fn client(telemetry: &TestTelemetry) -> ClientBuilder {
        let client = ::reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_millis(200));
        ClientBuilder::new(client.build().expect("a client")).with(telemetry.http_client_layer())
    }

    async fn app() -> App {
        let routes = Router::new()
            .route("/ok", get(async || "ok"))
            .route("/busy", get(async || StatusCode::SERVICE_UNAVAILABLE))
            .route("/moved", get(async || Redirect::temporary("/ok")))
            .route("/slow", get(pending::<()>));
        App::serve(routes).await
    }

    /// Asks once more after whatever came.
    struct Again;

    #[async_trait::async_trait]
    impl Middleware for Again {
        async fn handle(
            &self,
            request: ::reqwest::Request,
            extensions: &mut Extensions,
            next: Next<'_>,
        ) -> reqwest_middleware::Result<::reqwest::Response> {
            let first = request.try_clone().expect("no body");
            let _ = next.clone().run(first, extensions).await;
            next.run(request, extensions).await
        }
    }

    #[tokio::test]
    async fn a_request_is_a_client_span_and_the_server_joins_its_trace() {
        let app = app().await;
        let client: ClientWithMiddleware = client(&app.telemetry).build();
        let url = format!("http://ada:secret@{}/ok?token=secret#top", app.addr);
        let asked = client
            .get(url)
            .with_extension(UrlTemplate::new("/ok?token={token}"));
        let answer = asked.send().await.expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), "ok");
        app.ended("GET /ok").await;
        app.telemetry
            .assert_spans("GET /ok?token={token}\n  GET /ok");
        let span = app.telemetry.span("GET /ok?token={token}");
        span.assert_kind(&SpanKind::Client)
            .assert_status(&Status::Unset);
        span.assert_attribute("http.response.status_code", 200_i64);
        span.assert_attribute("network.protocol.version", "1.1");
        span.assert_attribute("server.port", i64::from(app.addr.port()));
        let url = format!("http://{}/ok?token=REDACTED", app.addr); // reqwest makes a header of the user
        span.assert_attribute("url.full", url);
        assert!(!format!("{span:?}").contains("secret"));
    }

    #[tokio::test]
    async fn each_try_of_a_retry_is_a_span_that_says_which_it_is() {
        let app = app().await;
        // the retry is outside: what is given later is further in
        let plain = ::reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let client = ClientBuilder::new(plain)
            .with(Again)
            .with(app.telemetry.http_client_layer())
            .build();
        let answer = client.get(format!("http://{}/busy", app.addr)).send().await;
        assert_eq!(answer.expect("an answer").status(), 503);
        let tries = app.telemetry.spans();
        let tries = tries
            .iter()
            .filter(|span| span.span_kind == SpanKind::Client);
        let counts: Vec<_> = tries
            .map(|span| span.attribute("http.request.resend_count").cloned())
            .collect();
        assert_eq!(counts, [None, Some(Value::from(1_i64))]);
    }

    #[tokio::test]
    async fn redirects_that_the_client_follows_are_part_of_the_request() {
        let app = app().await;
        let client = client(&app.telemetry).build();
        let answer = client
            .get(format!("http://{}/moved", app.addr))
            .send()
            .await;
        assert_eq!(answer.expect("an answer").status(), 200);
        app.ended("GET /ok").await;
        app.telemetry.assert_spans("GET\n  GET /moved\n  GET /ok");
        let url = format!("http://{}/moved", app.addr);
        app.telemetry.span("GET").assert_attribute("url.full", url);
    }

    #[tokio::test]
    async fn a_request_that_fails_says_in_one_word_how() {
        let app = app().await;
        let client = client(&app.telemetry).build();
        let free = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let nobody = free.local_addr().expect("an address");
        drop(free);
        for (url, error) in [
            (format!("http://{}/slow", app.addr), "timeout"),
            (format!("http://{nobody}/"), "connect"),
        ] {
            client.get(&url).send().await.expect_err("no answer");
            let spans = app.telemetry.spans();
            let span = spans
                .iter()
                .find(|span| span.attribute("error.type") == Some(&Value::from(error)));
            let span = span.unwrap_or_else(|| panic!("no span with `{error}`"));
            span.assert_status(&Status::error(""))
                .assert_kind(&SpanKind::Client);
        }
    }
}
