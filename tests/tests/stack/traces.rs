//! A trace as Jaeger shows it.

use std::time::Duration;

use axisor_stack::{Component, Stack};
use axisor_tests::jaeger::{Jaeger, Span, Trace};
use axisor_tests::until;
use serde_json::json;

use crate::start;

const DEADLINE: Duration = Duration::from_secs(20);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

#[tokio::test]
async fn a_trace_that_crosses_two_processes_is_one_trace() {
    let stack = collector_and_jaeger().await;
    let backend = start(&stack, "axisor-backend", 0, &[]).await;
    let monitor = start(&stack, "margin-monitor", 0, &[]).await;

    let url = format!("{}/relay?to={}/work", backend.url(), monitor.url());
    assert_eq!(get(&url).await, 200);
    let trace = trace_of(&stack, 4).await;

    let relay = span(&trace, "GET /relay");
    let guard = span(&trace, "add_margin");
    let handler = span(&trace, "GET /work");
    let automation = span(&trace, "work");
    assert_eq!(relay.references[0].span_id, CALLER);
    for (child, parent) in [(guard, relay), (handler, guard), (automation, handler)] {
        let found = trace.parent(child).map(|span| &span.span_id);
        assert_eq!(found, Some(&parent.span_id), "{}", child.operation_name);
    }
    let services = [relay, guard, handler, automation].map(|span| trace.service(span));
    assert_eq!(
        services,
        [
            "axisor-backend",
            "axisor-backend",
            "margin-monitor",
            "margin-monitor"
        ]
    );
    let kinds = [relay, guard, handler, automation].map(|span| span.tag("span.kind").cloned());
    assert_eq!(
        kinds,
        ["server", "internal", "server", "internal"].map(|kind| Some(json!(kind)))
    );
    assert_eq!(
        guard.tag("axisor.margin_guard.action"),
        Some(&json!("add_margin"))
    );
    assert_eq!(guard.tag("axisor.margin_guard.plan"), Some(&json!("pro")));
    assert_eq!(
        automation.tag("axisor.automation.type"),
        Some(&json!("margin_check"))
    );
    assert_eq!(handler.tag("http.route"), Some(&json!("/work")));
    assert_eq!(handler.tag("http.response.status_code"), Some(&json!(200)));
    for span in &trace.spans {
        assert_eq!(span.tag("error"), None, "{}", span.operation_name);
    }
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_failure_is_flagged_and_described_without_its_password() {
    let stack = collector_and_jaeger().await;
    let backend = start(&stack, "axisor-backend", 0, &[]).await;

    assert_eq!(get(&format!("{}/fail", backend.url())).await, 500);
    let trace = trace_of(&stack, 2).await;

    let handler = span(&trace, "GET /fail");
    assert_eq!(handler.tag("error"), Some(&json!(true)));
    assert_eq!(handler.tag("error.type"), Some(&json!("500")));
    let automation = span(&trace, "refuse");
    assert_eq!(automation.tag("error"), Some(&json!(true)));
    assert_eq!(automation.tag("axisor.outcome"), Some(&json!("failure")));
    let description = automation
        .tag("otel.status_description")
        .and_then(|text| text.as_str());
    assert_eq!(
        description,
        Some("no answer from postgres://[redacted]@db/trades")
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn the_exporters_own_work_is_never_a_trace() {
    let stack = collector_and_jaeger().await;
    let service = start(&stack, "axisor-backend", 0, &[("RUST_LOG", "trace")]).await;
    for _ in 0..20 {
        assert_eq!(get(&format!("{}/work", service.url())).await, 200);
    }
    trace_of(&stack, 40).await;
    let said = service.stop().await.expect("stopped");
    assert!(
        said.iter()
            .any(|line| line.starts_with("traces: 40 exported, 0 dropped, 0 left")),
        "{said:?}"
    );
    let traces = Jaeger::new(stack.jaeger())
        .traces("axisor-backend")
        .await
        .expect("an answer");
    assert_eq!(traces.len(), 1, "{traces:#?}");
    stack.down().await.expect("down");
}

async fn collector_and_jaeger() -> Stack {
    let builder = Stack::builder()
        .native()
        .free_ports()
        .only([Component::Collector, Component::Jaeger]);
    builder.start().await.expect("a Collector and a Jaeger")
}

async fn get(url: &str) -> u16 {
    let request = reqwest::Client::new()
        .get(url)
        .header("traceparent", format!("00-{TRACE}-{CALLER}-01"));
    request.send().await.expect("an answer").status().as_u16()
}

async fn trace_of(stack: &Stack, spans: usize) -> Trace {
    let jaeger = Jaeger::new(stack.jaeger());
    let whole = async || {
        let trace = jaeger.trace(TRACE).await.ok()??;
        (trace.spans.len() == spans).then_some(trace)
    };
    until(DEADLINE, "the whole trace", whole)
        .await
        .expect("in Jaeger")
}

fn span<'a>(trace: &'a Trace, name: &str) -> &'a Span {
    trace
        .span(name)
        .unwrap_or_else(|| panic!("no span `{name}` in {trace:#?}"))
}
