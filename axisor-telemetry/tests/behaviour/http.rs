//! The two request series and the aborted one, through a real server.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use axum::routing::{any, delete, get, post};
use futures_util::stream::{self, StreamExt as _};
use http::{HeaderMap, HeaderName, StatusCode, header};
use http_body::Frame;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::app::{self, App, read_until};
use crate::seen::{samples, until};

async fn ok() -> &'static str {
    "ok"
}

/// A body made of what is sent through the channel, ended by its closing.
fn channel_body() -> (mpsc::Sender<Result<Bytes, std::io::Error>>, Body) {
    let (sender, receiver) = mpsc::channel(8);
    let stream = stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|part| (part, receiver))
    });
    (sender, Body::from_stream(stream))
}

/// A route that answers the one body given.
fn once(body: Body) -> axum::routing::MethodRouter {
    let body = std::sync::Arc::new(std::sync::Mutex::new(Some(body)));
    get(move || {
        let body = body.lock().unwrap().take().expect("asked once");
        async { Response::new(body) }
    })
}

#[tokio::test]
async fn a_route_is_counted_by_its_pattern_in_the_originals_spelling() {
    let shop = Router::new()
        .route("/", get(ok))
        .route("/items/{sku}", get(ok))
        .route(
            "/admin/items/{sku}/notes/{note}",
            delete(async || StatusCode::NO_CONTENT),
        );
    let app = App::serve(
        Router::new()
            .route("/api/users/{id}", get(ok))
            .route("/api/users/{id}/positions/{positionId}", get(ok))
            .route("/api/files/{*path}", get(ok))
            .route("/shop/", get(ok))
            .nest("/shop", shop),
    )
    .await;
    for (method, path, route, status) in [
        ("GET", "/api/users/1", "/api/users/:id", "200"),
        (
            "GET",
            "/api/users/2?verbose=1&x=%22",
            "/api/users/:id",
            "200",
        ),
        ("GET", "/api/users/a%2Fb", "/api/users/:id", "200"),
        (
            "GET",
            "/api/users/1/positions/2",
            "/api/users/:id/positions/:positionId",
            "200",
        ),
        ("GET", "/api/files/a/b/c.txt?z=1", "/api/files/*", "200"),
        ("GET", "/shop/items/9", "/shop/items/:sku", "200"),
        (
            "DELETE",
            "/shop/admin/items/1/notes/2",
            "/shop/admin/items/:sku/notes/:note",
            "204",
        ),
        ("GET", "/shop/", "/shop/", "200"),
        ("GET", "/shop", "/shop", "200"),
    ] {
        let before = app.requests(method, route, status).unwrap_or(0.0);
        app.ask(method, path).await;
        assert_eq!(
            app.requests(method, route, status),
            Some(before + 1.0),
            "{path}"
        );
    }
}

#[tokio::test]
async fn axums_own_spelling_can_be_kept() {
    let telemetry = crate::seen::builder().build().unwrap();
    let layer = telemetry.http_layer().axum_route_spelling();
    let routes = Router::new().route("/api/users/{id}", get(ok)).layer(layer);
    let (addr, serving) = app::listen(routes).await;
    app::ask(addr, "GET", "/api/users/1", "").await;
    let labels = [
        ("method", "GET"),
        ("route", "/api/users/{id}"),
        ("status_code", "200"),
    ];
    let count = crate::seen::value(&telemetry, "axisor_http_requests_total", &labels);
    assert_eq!(count, Some(1.0));
    serving.abort();
}

#[tokio::test]
async fn what_no_route_answers_is_undefined() {
    let shop = Router::new()
        .route("/items/{sku}", get(ok))
        .fallback(async || (StatusCode::NOT_FOUND, "no such thing in the shop"));
    let app = App::serve(
        Router::new()
            .route("/api/users/{id}", get(ok))
            .nest("/shop", shop),
    )
    .await;
    for path in [
        "/nope",
        "/API/USERS/1",
        "/api/users",
        "/api/users/1/",
        "/shop/none",
        "/",
    ] {
        assert_eq!(app.ask("GET", path).await.status, 404, "{path}");
    }
    assert_eq!(app.requests("GET", "undefined", "404"), Some(6.0));
    assert_eq!(
        samples(&app.telemetry, "axisor_http_requests_total{").len(),
        1
    );
}

#[tokio::test]
async fn ten_thousand_unknown_paths_are_one_series() {
    use tower::ServiceExt as _;

    let telemetry = crate::seen::builder().build().unwrap();
    let routes = Router::new()
        .route("/known", get(ok))
        .layer(telemetry.http_layer());
    for n in 0..10_000 {
        let request = http::Request::get(format!("/scan/{n}?q={n}"));
        let answer = routes.clone().oneshot(request.body(Body::empty()).unwrap());
        assert_eq!(answer.await.unwrap().status(), 404);
    }
    let series = samples(&telemetry, "axisor_http_requests_total{");
    assert_eq!(series.len(), 1);
    assert!(series[0].contains("route=\"undefined\"") && series[0].ends_with(" 10000"));
}

#[tokio::test]
async fn a_wrong_method_on_a_known_path_is_undefined() {
    let app = App::serve(Router::new().route("/api/users/{id}", get(ok))).await;
    let answer = app.ask("POST", "/api/users/1").await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), Some("get,head"));
    assert_eq!(app.requests("POST", "undefined", "405"), Some(1.0));
    app.ask("POST", "/health").await;
    app.ask("DELETE", "/metrics").await;
    assert_eq!(app.requests("POST", "undefined", "405"), Some(2.0));
    assert_eq!(app.requests("DELETE", "undefined", "405"), Some(1.0));
}

#[tokio::test]
async fn a_handler_that_answers_405_itself_with_allow_keeps_its_route() {
    let refuse = async || (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "PUT")]);
    let app = App::serve(Router::new().route("/locked/{id}", get(refuse))).await;
    assert_eq!(app.ask("GET", "/locked/1").await.status, 405);
    assert_eq!(app.requests("GET", "/locked/:id", "405"), Some(1.0));
}

#[tokio::test]
async fn a_fallback_of_its_own_for_wrong_methods_is_undefined_too() {
    let refuse = async || (StatusCode::METHOD_NOT_ALLOWED, "{\"error\":\"no\"}");
    let routes = Router::new()
        .route("/api/ping", get(ok))
        .method_not_allowed_fallback(refuse);
    let app = App::serve(routes).await;
    assert_eq!(app.ask("PUT", "/api/ping").await.status, 405);
    assert_eq!(app.requests("PUT", "undefined", "405"), Some(1.0));
}

#[tokio::test]
async fn methods_outside_the_known_nine_are_one() {
    let app = App::serve(Router::new().route("/dav", any(ok))).await;
    for method in ["PROPFIND", "MKCOL", "X-ANY"] {
        assert_eq!(app.ask(method, "/dav").await.status, 200);
    }
    assert_eq!(app.requests("_OTHER", "/dav", "200"), Some(3.0));
}

#[tokio::test]
async fn head_keeps_its_method_and_is_complete_without_a_body() {
    let app = App::serve(Router::new().route("/api/users/{id}", get(ok))).await;
    let answer = app.ask("HEAD", "/api/users/1").await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("content-length"), Some("2"));
    assert_eq!(app.requests("HEAD", "/api/users/:id", "200"), Some(1.0));
    assert_eq!(app.aborted("HEAD", "/api/users/:id"), None);
}

#[tokio::test]
async fn answers_whose_body_is_never_read_are_complete() {
    let never = || Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let status = move |status: u16| {
        get(async move || Response::builder().status(status).body(never()).unwrap())
    };
    let announced_empty = get(async move || ([(header::CONTENT_LENGTH, "0")], never()));
    let app = App::serve(
        Router::new()
            .route("/no-content", status(204))
            .route("/not-modified", status(304))
            .route("/empty", get(async || Body::empty()))
            .route("/announced", announced_empty),
    )
    .await;
    for (path, code) in [
        ("/no-content", "204"),
        ("/not-modified", "304"),
        ("/empty", "200"),
        ("/announced", "200"),
    ] {
        app.ask("GET", path).await;
        assert_eq!(app.requests("GET", path, code), Some(1.0), "{path}");
        assert_eq!(app.aborted("GET", path), None, "{path}");
    }
}

#[tokio::test]
async fn a_duration_runs_to_the_end_of_the_streamed_body() {
    let (sender, body) = channel_body();
    let app = App::serve(Router::new().route("/api/stream", once(body))).await;
    let mut stream = app.begin("GET", "/api/stream").await;
    sender.send(Ok("first".into())).await.unwrap();
    read_until(&mut stream, "first").await;
    assert_eq!(app.requests("GET", "/api/stream", "200"), None);
    app.telemetry.clock().advance(Duration::from_millis(3_500));
    sender.send(Ok("second".into())).await.unwrap();
    drop(sender);
    read_until(&mut stream, "0\r\n\r\n").await;
    assert_eq!(app.requests("GET", "/api/stream", "200"), Some(1.0));
    assert_eq!(app.seconds("GET", "/api/stream"), Some(3.5));
    let bucket = |le| {
        let labels = [("method", "GET"), ("route", "/api/stream"), ("le", le)];
        app.value("axisor_http_request_duration_seconds_bucket", &labels)
    };
    assert_eq!((bucket("2"), bucket("5")), (Some(0.0), Some(1.0)));
}

#[tokio::test]
async fn a_stream_of_announced_length_is_complete_with_its_last_byte() {
    let (sender, body) = channel_body();
    let mut answer = Response::new(body);
    answer
        .headers_mut()
        .insert(header::CONTENT_LENGTH, 6.into());
    let answer = std::sync::Mutex::new(Some(answer));
    let answer = std::sync::Arc::new(answer);
    let route = get(async move || answer.lock().unwrap().take().expect("asked once"));
    let app = App::serve(Router::new().route("/download", route)).await;
    let mut stream = app.begin("GET", "/download").await;
    sender.send(Ok("abc".into())).await.unwrap();
    sender.send(Ok("def".into())).await.unwrap();
    read_until(&mut stream, "abcdef").await;
    until("counted", || {
        app.requests("GET", "/download", "200") == Some(1.0)
    })
    .await;
    drop(sender);
    assert_eq!(app.aborted("GET", "/download"), None);
}

/// One part, then trailers; like most bodies it does not know that they are its last frame.
struct Trailed(std::vec::IntoIter<Frame<Bytes>>);

impl Trailed {
    fn new() -> Self {
        let sum = (HeaderName::from_static("x-sum"), 7.into());
        let frames = [
            Frame::data("part".into()),
            Frame::trailers(HeaderMap::from_iter([sum])),
        ];
        Self(Vec::from(frames).into_iter())
    }
}

impl http_body::Body for Trailed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

#[tokio::test]
async fn an_answer_with_trailers_is_complete() {
    let trailed = async || ([(header::TRAILER, "x-sum")], Body::new(Trailed::new()));
    let app = App::serve(Router::new().route("/trailed", get(trailed))).await;
    let answer = app.ask_with("GET", "/trailed", "te: trailers\r\n").await;
    let text = answer.text();
    assert!(text.ends_with("0\r\nx-sum: 7\r\n\r\n"), "{text}");
    assert_eq!(app.aborted("GET", "/trailed"), None);
    assert_eq!(app.requests("GET", "/trailed", "200"), Some(1.0));
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_is_only_in_the_aborted_series() {
    let app = App::serve(Router::new().route("/slow", get(std::future::pending::<()>))).await;
    let stream = app.begin("GET", "/slow").await;
    drop(stream);
    until("aborted", || app.aborted("GET", "/slow") == Some(1.0)).await;
    assert!(samples(&app.telemetry, "axisor_http_requests_total{").is_empty());
    assert!(samples(&app.telemetry, "axisor_http_request_duration_seconds_count").is_empty());
}

#[tokio::test]
async fn a_client_that_leaves_an_endless_event_stream_is_only_in_the_aborted_series() {
    let ticks = || {
        let tick = async |()| {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Some((Ok::<_, Infallible>("data: tick\n\n"), ()))
        };
        let events = (
            [(header::CONTENT_TYPE, "text/event-stream")],
            Body::from_stream(stream::unfold((), tick)),
        );
        async { events }
    };
    let app = App::serve(Router::new().route("/events", get(ticks))).await;
    let mut stream = app.begin("GET", "/events").await;
    read_until(&mut stream, "data: tick").await;
    assert_eq!(app.aborted("GET", "/events"), None);
    drop(stream);
    until("aborted", || app.aborted("GET", "/events") == Some(1.0)).await;
    assert_eq!(app.requests("GET", "/events", "200"), None);
}

#[tokio::test]
async fn a_body_that_breaks_is_only_in_the_aborted_series() {
    let (sender, body) = channel_body();
    let app = App::serve(Router::new().route("/api/broken-stream", once(body))).await;
    let mut stream = app.begin("GET", "/api/broken-stream").await;
    sender.send(Ok("half".into())).await.unwrap();
    read_until(&mut stream, "half").await;
    sender
        .send(Err(std::io::Error::other("cut")))
        .await
        .unwrap();
    until("aborted", || {
        app.aborted("GET", "/api/broken-stream") == Some(1.0)
    })
    .await;
    assert_eq!(app.requests("GET", "/api/broken-stream", "200"), None);
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_a_broken_one() {
    let short = || async {
        let part = stream::iter([Ok::<_, Infallible>("abc")]);
        ([(header::CONTENT_LENGTH, "6")], Body::from_stream(part))
    };
    let app = App::serve(Router::new().route("/short", get(short))).await;
    let _stream = app.begin("GET", "/short").await;
    until("aborted", || app.aborted("GET", "/short") == Some(1.0)).await;
    assert_eq!(app.requests("GET", "/short", "200"), None);
}

#[tokio::test]
async fn a_panicking_handler_is_answered_and_counted_as_500() {
    async fn panics() -> &'static str {
        panic!("no answer today")
    }
    let app = App::serve(
        Router::new()
            .route("/api/throw", get(panics))
            .route("/api/ping", get(ok)),
    )
    .await;
    let answer = app.ask("GET", "/api/throw").await;
    assert_eq!((answer.status, answer.body.len()), (500, 0));
    assert_eq!(app.requests("GET", "/api/throw", "500"), Some(1.0));
    assert_eq!(app.aborted("GET", "/api/throw"), None);
    assert_eq!(app.ask("GET", "/api/ping").await.status, 200);
}

#[tokio::test]
async fn a_body_that_panics_is_cut_and_only_in_the_aborted_series() {
    let (sender, body) = channel_body();
    let parts = body.into_data_stream().map(|part| {
        assert!(part.is_ok(), "no second part today");
        part
    });
    let routes = Router::new().route("/api/ping", get(ok));
    let app = App::serve(routes.route("/parts", once(Body::from_stream(parts)))).await;
    let mut stream = app.begin("GET", "/parts").await;
    sender.send(Ok("first".into())).await.unwrap();
    read_until(&mut stream, "first").await;
    sender
        .send(Err(std::io::Error::other("cut")))
        .await
        .unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(
        !rest.contains("0\r\n\r\n"),
        "the client sees it as cut: {rest}"
    );
    assert_eq!(app.aborted("GET", "/parts"), Some(1.0));
    assert_eq!(app.requests("GET", "/parts", "200"), None);
    assert_eq!(app.ask("GET", "/api/ping").await.status, 200);
}

#[tokio::test]
async fn requests_on_one_connection_are_counted_each() {
    let app = App::serve(Router::new().route("/api/ping", get(ok))).await;
    let mut stream = app.begin("GET", "/api/ping").await;
    read_until(&mut stream, "ok").await;
    for expected in [2.0, 3.0] {
        stream
            .write_all(b"GET /api/ping HTTP/1.1\r\nhost: app\r\n\r\n")
            .await
            .unwrap();
        read_until(&mut stream, "ok").await;
        assert_eq!(app.requests("GET", "/api/ping", "200"), Some(expected));
    }
}

#[tokio::test]
async fn an_upgrade_passes_untouched_and_is_counted_with_its_101() {
    use hyper_util::rt::TokioIo;

    async fn echo_once(mut request: axum::extract::Request) -> Response {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async {
            let mut socket = TokioIo::new(upgrade.await.expect("upgraded"));
            let mut buffer = [0; 4];
            socket.read_exact(&mut buffer).await.unwrap();
            socket.write_all(&buffer).await.unwrap();
        });
        let answer = Response::builder().status(101);
        let answer = answer
            .header("connection", "upgrade")
            .header("upgrade", "echo");
        answer.body(Body::empty()).unwrap()
    }
    let app = App::serve(Router::new().route("/ws", get(echo_once))).await;
    let mut stream = tokio::net::TcpStream::connect(app.addr).await.unwrap();
    let request = "GET /ws HTTP/1.1\r\nhost: app\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    stream.write_all(b"ping").await.unwrap();
    read_until(&mut stream, "ping").await;
    assert_eq!(app.requests("GET", "/ws", "101"), Some(1.0));
    assert_eq!(app.aborted("GET", "/ws"), None);
}

#[tokio::test]
async fn a_request_through_two_layers_is_counted_once() {
    let telemetry = crate::seen::builder().build().unwrap();
    let inner = Router::new()
        .route("/items/{sku}", get(ok))
        .layer(telemetry.http_layer());
    let routes = Router::new()
        .nest("/shop", inner)
        .layer(telemetry.http_layer());
    let (addr, serving) = app::listen(routes).await;
    app::ask(addr, "GET", "/shop/items/1", "").await;
    let counted = samples(&telemetry, "axisor_http_requests_total{");
    assert_eq!(counted.len(), 1, "{counted:?}");
    assert!(
        counted[0].contains("/shop/items/:sku") && counted[0].ends_with(" 1"),
        "{counted:?}"
    );
    serving.abort();
}

#[tokio::test]
async fn without_prometheus_no_request_is_counted_but_spans_are_made() {
    let app = App::configured(
        |builder| builder.set("prometheus.enabled", "false"),
        |_| {
            Router::new()
                .route("/api/ping", get(ok))
                .route("/orders", post(ok))
        },
    )
    .await;
    assert_eq!(app.ask("GET", "/api/ping").await.status, 200);
    assert_eq!(app.ask("GET", "/metrics").await.status, 404);
    app.ended("GET /api/ping").await;
    assert!(samples(&app.telemetry, "axisor_http_").is_empty());
}
