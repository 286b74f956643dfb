//! gRPC calls over real connections, as their server and their client trace them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use axisor_telemetry::grpc::GrpcService;
use axisor_telemetry::testing::{TestSpan, TestTelemetry};
use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt as _, stream};
use http::uri::PathAndQuery;
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use opentelemetry::trace::{SpanKind, Status as SpanStatus, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, Value};
use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

type Codec = ProstCodec<String, String>;
type Stub = tonic::client::Grpc<GrpcService<Channel>>;
type Items = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

/// `axisor.test.Prices`, written out as `tonic-build` would: its methods do what their argument says.
#[derive(Clone)]
struct Prices;

impl NamedService for Prices {
    const NAME: &'static str = "axisor.test.Prices";
}

impl Service<http::Request<Body>> for Prices {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let mut grpc = tonic::server::Grpc::new(Codec::default());
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/axisor.test.Prices/Latest" => grpc.unary(service_fn(latest), request).await,
                "/axisor.test.Prices/Watch" => {
                    grpc.server_streaming(service_fn(watch), request).await
                }
                _ => Status::unimplemented("").into_http(),
            })
        })
    }
}

/// A status by its number, or the trace it runs in.
async fn latest(asked: Request<String>) -> Result<Response<String>, Status> {
    match asked.into_inner().as_str() {
        "trace" => Ok(Response::new(trace_here())),
        code => match code.parse().map(Code::from_i32) {
            Ok(Code::Ok) => Ok(Response::new(String::new())),
            Ok(code) => Err(Status::new(code, "secret")),
            Err(_) => Err(Status::invalid_argument("no number")),
        },
    }
}

/// Three items, and then a status by its number, or nothing ever.
async fn watch(asked: Request<String>) -> Result<Response<Items>, Status> {
    let items = stream::iter(0..3).map(|_| Ok(trace_here()));
    Ok(Response::new(match asked.into_inner().as_str() {
        "never" => items.chain(stream::pending()).boxed(),
        "0" => items.boxed(),
        code => {
            let code = Code::from_i32(code.parse().expect("a number"));
            items
                .chain(stream::iter([Err(Status::new(code, "secret"))]))
                .boxed()
        }
    }))
}

fn trace_here() -> String {
    Context::current()
        .span()
        .span_context()
        .trace_id()
        .to_string()
}

/// The service and its clients, traced by one telemetry.
struct System {
    telemetry: TestTelemetry,
    addr: SocketAddr,
    serving: JoinHandle<()>,
}

impl System {
    fn start() -> Self {
        let telemetry = TestTelemetry::new();
        let incoming =
            TcpIncoming::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let addr = incoming.local_addr().expect("an address");
        let server = Server::builder()
            .layer(telemetry.grpc_layer())
            .add_service(Prices);
        let serving = tokio::spawn(async move {
            let _ = server.serve_with_incoming(incoming).await;
        });
        Self {
            telemetry,
            addr,
            serving,
        }
    }

    async fn stub(&self) -> Stub {
        stub(&self.telemetry, self.addr).await
    }

    async fn latest(&self, asked: &str) -> Result<String, Status> {
        latest_of(&mut self.stub().await, "/axisor.test.Prices/Latest", asked).await
    }

    async fn watch(&self, asked: &str) -> Streaming<String> {
        let path = PathAndQuery::from_static("/axisor.test.Prices/Watch");
        let mut stub = self.stub().await;
        let answer = stub.server_streaming(Request::new(asked.to_owned()), path, Codec::default());
        answer.await.expect("a stream").into_inner()
    }

    /// The spans of the only call, once both have ended: the client's and the server's.
    async fn ended(&self) -> [TestSpan; 2] {
        let telemetry = &self.telemetry;
        telemetry
            .until("both spans", |seen| seen.spans().len() == 2)
            .await;
        [SpanKind::Client, SpanKind::Server].map(|kind| {
            let spans = telemetry.spans();
            spans
                .into_iter()
                .find(|span| span.span_kind == kind)
                .expect("a span")
        })
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn stub(telemetry: &TestTelemetry, addr: SocketAddr) -> Stub {
    let endpoint = Endpoint::from_shared(format!("http://{addr}")).expect("a URL");
    let layer = telemetry.grpc_client_layer().server(endpoint.uri());
    let origin = endpoint.uri().clone();
    let mut stub = tonic::client::Grpc::with_origin(layer.layer(endpoint.connect_lazy()), origin);
    let _ = stub.ready().await;
    stub
}

async fn latest_of(stub: &mut Stub, path: &'static str, asked: &str) -> Result<String, Status> {
    let path = PathAndQuery::from_static(path);
    let answer = stub
        .unary(Request::new(asked.to_owned()), path, Codec::default())
        .await?;
    Ok(answer.into_inner())
}

#[tokio::test]
async fn a_call_is_a_span_on_either_side_in_one_trace() {
    let system = System::start();
    let tracer = system.telemetry.tracer();
    let job = Context::current_with_span(tracer.start("job"));
    let trace =
        opentelemetry::trace::FutureExt::with_context(system.latest("trace"), job.clone()).await;
    job.span().end();
    assert_eq!(
        trace.expect("an answer"),
        job.span().span_context().trace_id().to_string()
    );
    system
        .telemetry
        .until("all spans", |seen| seen.spans().len() == 3)
        .await;
    system
        .telemetry
        .assert_spans("job\n  axisor.test.Prices/Latest\n    axisor.test.Prices/Latest");
    let spans = system.telemetry.spans();
    let [client, server] = [SpanKind::Client, SpanKind::Server].map(|kind| {
        spans
            .iter()
            .find(|span| span.span_kind == kind)
            .expect("a span")
    });
    for span in [client, server] {
        span.assert_status(&SpanStatus::Unset);
        span.assert_attribute("rpc.system.name", "grpc");
        span.assert_attribute("rpc.method", "axisor.test.Prices/Latest");
        span.assert_attribute("rpc.response.status_code", "OK");
        span.assert_no_attribute("error.type");
        span.assert_no_attribute("rpc.method_original");
    }
    client.assert_attribute("server.address", "127.0.0.1");
    client.assert_attribute("server.port", i64::from(system.addr.port()));
    assert!(server.parent_span_is_remote);
}

#[tokio::test]
async fn a_status_is_the_servers_error_or_its_callers() {
    let servers = [
        "UNKNOWN",
        "DEADLINE_EXCEEDED",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
    ];
    let names = [
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    for (code, name) in (1..).zip(names) {
        let system = System::start();
        system
            .latest(&code.to_string())
            .await
            .expect_err("a failure");
        let [client, server] = system.ended().await;
        for (span, failed) in [(&client, true), (&server, servers.contains(&name))] {
            span.assert_attribute("rpc.response.status_code", name);
            if failed {
                span.assert_status(&SpanStatus::error(""))
                    .assert_attribute("error.type", name);
            } else {
                span.assert_status(&SpanStatus::Unset)
                    .assert_no_attribute("error.type");
            }
            assert!(!format!("{span:?}").contains("secret"));
        }
    }
}

#[tokio::test]
async fn a_stream_is_a_call_up_to_its_end() {
    for (asked, status) in [("0", "OK"), ("13", "INTERNAL")] {
        let system = System::start();
        let mut items = system.watch(asked).await;
        let mut seen = Vec::new();
        while let Some(Ok(item)) = items.next().await {
            assert_eq!(
                system
                    .telemetry
                    .spans()
                    .iter()
                    .filter(|it| it.span_kind == SpanKind::Client)
                    .count(),
                0
            );
            seen.push(item);
        }
        let [client, server] = system.ended().await;
        client.assert_attribute("rpc.response.status_code", status);
        server.assert_attribute("rpc.response.status_code", status);
        let trace = client.span_context.trace_id().to_string();
        assert_eq!(seen, vec![trace; 3], "items are made below the span");
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_is_cancelled_on_either_side_and_no_error() {
    let system = System::start();
    let mut items = system.watch("never").await;
    items.next().await.expect("an item").expect("an item");
    drop(items);
    for span in system.ended().await {
        span.assert_attribute("axisor.outcome", "cancelled");
        span.assert_status(&SpanStatus::Unset);
        span.assert_no_attribute("rpc.response.status_code");
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_has_one_name_on_the_server() {
    let system = System::start();
    for path in ["/axisor.test.Prices/Guess1", "/axisor.test.Unknown/Guess2"] {
        let mut stub = system.stub().await;
        let answer = latest_of(&mut stub, path, "0").await;
        assert_eq!(
            answer.expect_err("no such method").code(),
            Code::Unimplemented
        );
    }
    system
        .telemetry
        .until("all spans", |seen| seen.spans().len() == 4)
        .await;
    let spans = system.telemetry.spans();
    let servers: Vec<_> = spans
        .iter()
        .filter(|span| span.span_kind == SpanKind::Server)
        .collect();
    assert_eq!(servers.len(), 2);
    for server in servers {
        assert_eq!(server.name, "grpc");
        server.assert_attribute("rpc.method", "_OTHER");
        let Some(Value::String(original)) = server.attribute("rpc.method_original") else {
            panic!("no original")
        };
        assert!(original.as_str().contains("/Guess"), "{original}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_of_its_type() {
    let telemetry = TestTelemetry::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = free.local_addr().expect("an address");
    drop(free);
    let mut stub = stub(&telemetry, addr).await;
    latest_of(&mut stub, "/axisor.test.Prices/Latest", "0")
        .await
        .expect_err("nobody listens");
    let span = telemetry.only_span();
    span.assert_status(&SpanStatus::error(""));
    span.assert_attribute(
        "error.type",
        std::any::type_name::<tonic::transport::Error>(),
    );
}

/// The span of a server's answer with this head and body, which is read as servers do: up to where it says it has ended.
async fn span_of(content_type: &str, status: u16, body: &'static str) -> Vec<TestSpan> {
    let telemetry = TestTelemetry::new();
    let answering = service_fn(move |_: http::Request<()>| async move {
        let answer = http::Response::builder().status(status);
        Ok::<_, Infallible>(
            answer
                .body(Full::<bytes::Bytes>::from(body))
                .expect("an answer"),
        )
    });
    let request =
        http::Request::post("/axisor.test.Prices/Latest").header("content-type", content_type);
    let service = telemetry.grpc_layer().layer(answering);
    let answer = service
        .oneshot(request.body(()).expect("a request"))
        .await
        .expect("an answer");
    let mut body = answer.into_body();
    while !body.is_end_stream() {
        body.frame().await.expect("a frame").expect("a frame");
    }
    telemetry.spans()
}

#[tokio::test]
async fn what_is_no_grpc_passes_a_server_without_a_span() {
    for content_type in [
        "application/json",
        "application/grpc-web",
        "application/grpcs",
        "",
    ] {
        assert_eq!(
            span_of(content_type, 200, "").await.len(),
            0,
            "{content_type}"
        );
    }
    for content_type in [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc;x=y",
    ] {
        assert_eq!(
            span_of(content_type, 200, "").await.len(),
            1,
            "{content_type}"
        );
    }
}

#[tokio::test]
async fn an_answer_without_a_status_has_the_one_of_its_http_status() {
    for (status, name) in [
        (200, "UNKNOWN"),
        (400, "INTERNAL"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "UNIMPLEMENTED"),
        (429, "UNAVAILABLE"),
        (503, "UNAVAILABLE"),
        (500, "UNKNOWN"),
    ] {
        for body in ["", "no gRPC"] {
            let spans = span_of("application/grpc", status, body).await;
            spans[0].assert_attribute("rpc.response.status_code", name);
        }
    }
}

#[tokio::test]
async fn a_caller_that_is_not_trusted_does_not_say_what_is_sampled() {
    for (trust, sampled) in [(false, false), (true, true)] {
        let telemetry =
            TestTelemetry::configured(|it| it.set("traces.sampler", "parentbased_always_off"));
        let service = service_fn(|_: http::Request<()>| async {
            let sampled = Context::current().span().span_context().is_sampled();
            Ok::<_, Infallible>(http::Response::new(sampled.to_string()))
        });
        let service = telemetry
            .grpc_layer()
            .trust_incoming_sampling(trust)
            .layer(service);
        let request = http::Request::post("/axisor.test.Prices/Latest")
            .header("content-type", "application/grpc")
            .header(
                "traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            );
        let answer = service
            .oneshot(request.body(()).expect("a request"))
            .await
            .expect("an answer");
        let body = answer.into_body().collect().await.expect("a body");
        assert_eq!(body.to_bytes(), sampled.to_string());
    }
}
