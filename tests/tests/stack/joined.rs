//! One failing margin guard action, followed from the alert to all that is known of it.

use std::time::Duration;

use axisor_stack::Stack;
use axisor_tests::alertmanager::Alertmanager;
use axisor_tests::jaeger::{Jaeger, Span};
use axisor_tests::prometheus::{Exemplar, Prometheus};
use axisor_tests::sentry::Sentry;
use axisor_tests::{service_logs, until};
use serde_json::Value;

use crate::start;

const DEADLINE: Duration = Duration::from_secs(60);
/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1/";

#[tokio::test]
async fn from_an_alert_to_the_exemplar_the_trace_the_line_and_the_error() {
    let stack = Stack::builder()
        .native()
        .free_ports()
        .scrape_interval(Duration::from_millis(500))
        .haste(60)
        .start()
        .await
        .expect("a stack");
    let sentry = Sentry::start().await.expect("a Sentry");
    let dsn = sentry.dsn();
    let everywhere = [
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("AXISOR_SENTRY_ENABLED", "true"),
        ("AXISOR_SENTRY_DSN", &*dsn),
    ];
    let service = start(&stack, "margin-monitor", 0, &everywhere).await;
    let failing = tokio::spawn(fail_again_and_again(service.url().to_owned()));

    until_alert(&stack).await;
    let exemplar = exemplar(&stack).await;
    failing.abort();
    let (trace, span) = (&exemplar.labels["trace_id"], &exemplar.labels["span_id"]);
    let failed = span_of(&stack, trace, span).await;
    assert_eq!(failed.operation_name, "add_margin");
    assert_eq!(failed.tag("error"), Some(&Value::Bool(true)));
    assert_line(&stack, trace, span).await;
    assert_event(&sentry, trace, span).await;
    stack.down().await.expect("down");
}

/// Actions that find nobody, a few a second, until it is aborted.
async fn fail_again_and_again(service: String) {
    let mut pace = tokio::time::interval(Duration::from_millis(200));
    loop {
        pace.tick().await;
        let url = format!("{service}/relay?to={NOWHERE}");
        let answer = reqwest::get(url).await.expect("an answer");
        assert_eq!(answer.status(), 502);
    }
}

async fn until_alert(stack: &Stack) {
    let alertmanager = Alertmanager::new(stack.alertmanager());
    let fires = async || {
        let alerts = alertmanager.alerts("ErrorBudgetBurn").await.ok()?;
        let mut alerts = alerts.iter();
        alerts
            .find(|alert| alert.labels["slo"] == "margin_guard_timeliness")
            .cloned()
    };
    let alert = until(DEADLINE, "the alert", fires).await.expect("it fires");
    assert!(
        alert.annotations["runbook_url"].ends_with("/ErrorBudgetBurn.md"),
        "{alert:?}"
    );
}

/// One of a bucket of the failed actions.
async fn exemplar(stack: &Stack) -> Exemplar {
    let prometheus = Prometheus::new(stack.prometheus());
    let failed = "axisor_margin_guard_action_duration_seconds_bucket{status=\"failure\"}";
    let some = async || prometheus.exemplars(failed).await.ok()?.pop();
    until(DEADLINE, failed, some).await.expect("an exemplar")
}

async fn span_of(stack: &Stack, trace: &str, span: &str) -> Span {
    let jaeger = Jaeger::new(stack.jaeger());
    let found = async || {
        let trace = jaeger.trace(trace).await.ok()??;
        trace.spans.into_iter().find(|found| found.span_id == span)
    };
    until(DEADLINE, "the span", found).await.expect("in Jaeger")
}

async fn assert_line(stack: &Stack, trace: &str, span: &str) {
    let find = async || {
        let records = service_logs::records(&stack.service_logs()).ok()?;
        records.into_iter().find(|line| line.span_id() == span)
    };
    let line = until(DEADLINE, "the line", find).await.expect("in a file");
    assert_eq!((line.trace_id(), line.level()), (trace, "ERROR"));
    assert_eq!(line.message(), "margin not added");
}

async fn assert_event(sentry: &Sentry, trace: &str, span: &str) {
    let find = async || {
        let mut events = sentry.events().into_iter();
        events.find(|event| event["contexts"]["trace"]["span_id"] == span)
    };
    let event = until(DEADLINE, "the event", find).await.expect("in Sentry");
    assert_eq!(event["contexts"]["trace"]["trace_id"], trace);
}
