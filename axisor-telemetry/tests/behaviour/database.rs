//! Calls of a database, as their spans tell of them.

use std::io;

use axisor_telemetry::database::Database;
use axisor_telemetry::testing::TestTelemetry;
use futures_util::FutureExt as _;
use opentelemetry::Context;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _};

fn trades(telemetry: &TestTelemetry) -> Database {
    telemetry
        .database("postgresql")
        .namespace("trades")
        .server("[::1]", 5432)
}

#[tokio::test]
async fn a_call_is_a_client_span_by_its_summary_and_what_is_inside_is_below_it() {
    let telemetry = TestTelemetry::new();
    let inside = async {
        let span = Context::current().span().span_context().span_id();
        Ok::<_, io::Error>(span)
    };
    let id = trades(&telemetry)
        .call("SELECT orders", inside)
        .await
        .expect("a span");
    let span = telemetry.span("SELECT orders");
    span.assert_kind(&SpanKind::Client)
        .assert_root()
        .assert_attribute("db.system.name", "postgresql")
        .assert_attribute("db.namespace", "trades")
        .assert_attribute("db.query.summary", "SELECT orders")
        .assert_attribute("db.operation.name", "SELECT")
        .assert_attribute("db.collection.name", "orders")
        .assert_attribute("server.address", "::1")
        .assert_attribute("server.port", 5432);
    assert_eq!(span.span_context.span_id(), id);
    assert_eq!(span.status, Status::Unset);
}

#[tokio::test]
async fn an_error_is_told_by_its_type_and_not_by_its_text() {
    let telemetry = TestTelemetry::new();
    let fails = async { Err::<(), _>(io::Error::other("postgres://axisor:secret@db")) };
    trades(&telemetry)
        .call("SELECT orders", fails)
        .await
        .expect_err("the query's error");
    let span = telemetry.span("SELECT orders");
    span.assert_attribute("error.type", "std::io::error::Error");
    assert_eq!(span.status, Status::error(""));
    assert!(!format!("{span:?}").contains("secret"));
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_and_one_never_polled_is_none() {
    let telemetry = TestTelemetry::new();
    let never = || std::future::pending::<Result<(), io::Error>>();
    let database = trades(&telemetry);
    drop(database.call("SELECT orders", never()));
    assert_eq!(telemetry.spans().len(), 0);
    assert!(
        database
            .call("SELECT orders", never())
            .now_or_never()
            .is_none()
    );
    telemetry
        .span("SELECT orders")
        .assert_attribute("axisor.outcome", "cancelled");
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn what_redis_says_is_the_status() {
    let telemetry = TestTelemetry::new();
    let full = redis::make_extension_error("OOM".to_owned(), Some("used memory".to_owned()));
    let fails = async { Err::<(), _>(full) };
    let cache = telemetry.database("redis");
    cache.call("SET", fails).await.expect_err("an error");
    telemetry
        .span("SET")
        .assert_attribute("db.response.status_code", "OOM")
        .assert_attribute("error.type", "OOM");
}
