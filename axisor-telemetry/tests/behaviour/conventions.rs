//! The names of attributes of every kind of span, held against the constants that OpenTelemetry publishes: one that was
//! renamed does not compile, one that was deprecated is a warning, and one that is not published begins with `axisor.`.

use std::convert::Infallible;

use axisor_telemetry::health::CheckReport;
use axisor_telemetry::http::{ResendCount, UrlTemplate};
use axisor_telemetry::instrument_automation;
use axisor_telemetry::testing::{TestSpan, TestTelemetry};
use axum::Router;
use axum::routing::any;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use opentelemetry::trace::SpanKind;
use opentelemetry_semantic_conventions::attribute::{
    CLIENT_ADDRESS, CODE_FILE_PATH, CODE_FUNCTION_NAME, CODE_LINE_NUMBER, DB_COLLECTION_NAME,
    DB_NAMESPACE, DB_OPERATION_NAME, DB_QUERY_SUMMARY, DB_RESPONSE_STATUS_CODE, DB_SYSTEM_NAME,
    ERROR_TYPE, HTTP_REQUEST_METHOD, HTTP_REQUEST_METHOD_ORIGINAL, HTTP_REQUEST_RESEND_COUNT,
    HTTP_RESPONSE_STATUS_CODE, HTTP_ROUTE, MESSAGING_DESTINATION_NAME, MESSAGING_OPERATION_NAME,
    MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM, NETWORK_PROTOCOL_VERSION, RPC_METHOD,
    RPC_METHOD_ORIGINAL, RPC_RESPONSE_STATUS_CODE, RPC_SYSTEM_NAME, SERVER_ADDRESS, SERVER_PORT,
    URL_FULL, URL_PATH, URL_SCHEME, URL_TEMPLATE, USER_AGENT_ORIGINAL,
};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::app::App;

/// What a span of one kind must have and may have besides, as its conventions say.
struct Convention {
    required: &'static [&'static str],
    further: &'static [&'static str],
}

/// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server>
const HTTP_SERVER: Convention = Convention {
    required: &[
        HTTP_REQUEST_METHOD,
        URL_PATH,
        URL_SCHEME,
        HTTP_RESPONSE_STATUS_CODE,
    ],
    further: &[
        CLIENT_ADDRESS,
        ERROR_TYPE,
        HTTP_REQUEST_METHOD_ORIGINAL,
        HTTP_ROUTE,
        NETWORK_PROTOCOL_VERSION,
        USER_AGENT_ORIGINAL,
    ],
};

/// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client>
const HTTP_CLIENT: Convention = Convention {
    required: &[
        HTTP_REQUEST_METHOD,
        SERVER_ADDRESS,
        SERVER_PORT,
        URL_FULL,
        HTTP_RESPONSE_STATUS_CODE,
    ],
    further: &[
        ERROR_TYPE,
        HTTP_REQUEST_METHOD_ORIGINAL,
        HTTP_REQUEST_RESEND_COUNT,
        NETWORK_PROTOCOL_VERSION,
        URL_TEMPLATE,
    ],
};

/// <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/#server>
const GRPC_SERVER: Convention = Convention {
    required: &[RPC_SYSTEM_NAME, RPC_METHOD, RPC_RESPONSE_STATUS_CODE],
    further: &[ERROR_TYPE, RPC_METHOD_ORIGINAL],
};

/// <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/#client>
const GRPC_CLIENT: Convention = Convention {
    required: &[
        RPC_SYSTEM_NAME,
        RPC_METHOD,
        RPC_RESPONSE_STATUS_CODE,
        SERVER_ADDRESS,
    ],
    further: &[ERROR_TYPE, SERVER_PORT],
};

/// <https://opentelemetry.io/docs/specs/semconv/database/database-spans/>
const DATABASE: Convention = Convention {
    required: &[
        DB_SYSTEM_NAME,
        DB_NAMESPACE,
        DB_QUERY_SUMMARY,
        DB_OPERATION_NAME,
        SERVER_ADDRESS,
        SERVER_PORT,
    ],
    further: &[DB_COLLECTION_NAME, DB_RESPONSE_STATUS_CODE, ERROR_TYPE],
};

/// <https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/>
const PRODUCER: Convention = Convention {
    required: &[
        MESSAGING_SYSTEM,
        MESSAGING_DESTINATION_NAME,
        MESSAGING_OPERATION_NAME,
        MESSAGING_OPERATION_TYPE,
        "axisor.outcome",
    ],
    further: &[ERROR_TYPE],
};

const CONSUMER: Convention = Convention {
    required: &[
        MESSAGING_SYSTEM,
        MESSAGING_DESTINATION_NAME,
        MESSAGING_OPERATION_NAME,
        MESSAGING_OPERATION_TYPE,
        "axisor.job.attempt",
        "axisor.job.wait_seconds",
        "axisor.outcome",
    ],
    further: &[ERROR_TYPE],
};

/// <https://opentelemetry.io/docs/specs/semconv/code/>
const CALL: Convention = Convention {
    required: &[
        CODE_FUNCTION_NAME,
        CODE_FILE_PATH,
        CODE_LINE_NUMBER,
        "axisor.outcome",
    ],
    further: &[ERROR_TYPE, "axisor.automation.type"],
};

const HEALTH: Convention = Convention {
    required: &["axisor.health.check", "axisor.health.healthy"],
    further: &[],
};

impl Convention {
    /// Every span has what it must have and nothing it may not, and all of them together whatever they may have.
    #[track_caller]
    fn assert_held(&self, spans: &[TestSpan], kind: &SpanKind) {
        let mut missing: Vec<&str> = self.further.to_vec();
        for span in spans {
            span.assert_kind(kind);
            for name in self.required {
                assert!(
                    span.attribute(name).is_some(),
                    "`{}` has no `{name}`",
                    span.name
                );
            }
            for attribute in &span.attributes {
                let name = attribute.key.as_str();
                let is_known = self.required.contains(&name) || self.further.contains(&name);
                assert!(is_known, "`{}` has `{name}`", span.name);
                missing.retain(|further| *further != name);
            }
        }
        assert!(missing.is_empty(), "no span has {missing:?}");
    }
}

#[tokio::test]
async fn http_servers() {
    let busy = any(async || StatusCode::SERVICE_UNAVAILABLE);
    let app = App::serve(Router::new().route("/busy", busy)).await;
    app.ask_with("PURGE", "/busy?token=1", "user-agent: probe/1\r\n")
        .await;
    let span = app.ended("HTTP /busy").await;
    HTTP_SERVER.assert_held(&[span], &SpanKind::Server);
}

#[tokio::test]
async fn http_clients() {
    let telemetry = TestTelemetry::new();
    let answering = service_fn(async |_: Request<()>| {
        let answer = Response::builder().status(StatusCode::NOT_FOUND);
        Ok::<_, Infallible>(answer.body(()).expect("an answer"))
    });
    let asked = Request::builder()
        .method("PURGE")
        .uri("http://cache/prices/7");
    let asked = asked
        .extension(ResendCount(1))
        .extension(UrlTemplate::new("/prices/:id"));
    let client = telemetry.http_client_layer().layer(answering);
    client
        .oneshot(asked.body(()).expect("a request"))
        .await
        .expect("an answer");
    HTTP_CLIENT.assert_held(&telemetry.spans(), &SpanKind::Client);
}

#[cfg(feature = "grpc")]
#[tokio::test]
async fn grpc_servers_and_clients() {
    let [server, client] = [TestTelemetry::new(), TestTelemetry::new()];
    let answering = service_fn(async |_: Request<()>| {
        let answer = Response::builder().header("grpc-status", "12");
        Ok::<_, Infallible>(
            answer
                .body(Empty::<bytes::Bytes>::new())
                .expect("an answer"),
        )
    });
    let asked = || {
        let asked = Request::post("/axisor.test.Prices/Latest");
        asked
            .header("content-type", "application/grpc")
            .body(())
            .expect("a request")
    };
    let answered = server.grpc_layer().layer(answering);
    let lnd = http::Uri::from_static("https://lnd:10009");
    let asking = client.grpc_client_layer().server(&lnd).layer(answering);
    let _ = answered.oneshot(asked()).await.expect("an answer");
    let _ = asking.oneshot(asked()).await.expect("an answer");
    GRPC_SERVER.assert_held(&server.spans(), &SpanKind::Server);
    GRPC_CLIENT.assert_held(&client.spans(), &SpanKind::Client);
}

#[test]
fn annotated_calls() {
    #[instrument_automation(type = "margin_check")]
    fn check() -> Result<(), std::io::Error> {
        Err(std::io::Error::other("no margin"))
    }
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(check).expect_err("an error");
    CALL.assert_held(&telemetry.spans(), &SpanKind::Internal);
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn databases() {
    let telemetry = TestTelemetry::new();
    let redis = telemetry
        .database("redis")
        .namespace("0")
        .server("cache", 6379);
    let refused = redis::make_extension_error("OOM".to_owned(), Some("full".to_owned()));
    redis
        .call("SET", async { Err::<(), _>(refused) })
        .await
        .expect_err("refused");
    redis
        .call("SELECT orders", async { Ok::<_, Infallible>(()) })
        .await
        .expect("well");
    DATABASE.assert_held(&telemetry.spans(), &SpanKind::Client);
}

#[tokio::test]
async fn jobs() {
    let telemetry = TestTelemetry::new();
    let queue = telemetry.queue("payments").system("redis");
    let mut carriers = Vec::new();
    let sent = queue.send(async |carrier| {
        carriers.push(carrier);
        Ok::<_, std::io::Error>(())
    });
    sent.await.expect("sent");
    let fails = || async { Err::<(), _>(std::io::Error::other("full")) };
    queue
        .send(async |_| fails().await)
        .await
        .expect_err("not sent");
    queue
        .process(&carriers[0], fails())
        .await
        .expect_err("failed");
    let of = |name: &str| {
        let spans = telemetry.spans().into_iter();
        spans.filter(|span| span.name == name).collect::<Vec<_>>()
    };
    PRODUCER.assert_held(&of("send payments"), &SpanKind::Producer);
    CONSUMER.assert_held(&of("process payments"), &SpanKind::Consumer);
}

#[tokio::test]
async fn health_checks() {
    let check = async || Ok::<_, Infallible>(CheckReport::healthy());
    let telemetry = TestTelemetry::configured(|builder| builder.health_check("database", check));
    let report = telemetry.health().report().await.expect("a report");
    assert!(report.is_healthy());
    let span = telemetry.span("health database");
    HEALTH.assert_held(&[span], &SpanKind::Internal);
}
