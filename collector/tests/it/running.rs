//! A running stack: values go all the way, and survive what is done to it.

use std::time::Duration;

use axisor_stack::{Component, ControlError, Endpoint, Stack};

use crate::support::{
    counter, gauge, get_json, metrics, post, query, quick, refuses, service, span, spans_in_jaeger,
    until, value,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test]
async fn a_value_goes_all_the_way() {
    let stack = quick().start().await.unwrap();
    let requests = counter(
        "axisor_http_requests_total",
        "h",
        &[(&[("method", "GET")], 5.0)],
    );
    let body = metrics("axisor-backend", "i-1", &[requests]);
    post(&stack, "metrics", &body).await;
    post(&stack, "traces", &span("axisor-backend", TRACE, "GET /api")).await;

    let series = r#"axisor_http_requests_total{job="axisor-backend",instance="i-1",method="GET"}"#;
    let five = until(series, || value(&stack, series)).await;
    assert_eq!(five, "5");
    let spans = until("the span in Jaeger", || spans_in_jaeger(&stack, TRACE)).await;
    assert_eq!(spans, ["GET /api"]);
    let answer = get_json(&stack.query_link(series)).await.unwrap();
    assert_eq!(answer["data"]["result"][0]["value"][1], "5");
    let answer = get_json(&stack.trace_link(TRACE)).await.unwrap();
    assert_eq!(answer["data"][0]["traceID"], TRACE);
    let alertmanagers = format!("{}/api/v1/alertmanagers", stack.prometheus());
    let connected = until("Alertmanager known to Prometheus", || async {
        let answer = get_json(&alertmanagers).await?;
        let url = answer["data"]["activeAlertmanagers"][0]["url"].as_str()?;
        Some(url.to_owned())
    })
    .await;
    assert_eq!(connected, format!("{}/api/v2/alerts", stack.alertmanager()));

    let pushed = query(&stack, r#"{instance="i-1"}"#).await.unwrap();
    assert_eq!(pushed.len(), 1, "{pushed:?}");
    stack.down().await.unwrap();
}

#[tokio::test]
async fn up_is_the_services_own_and_its_series_are_not_taken_twice() {
    let page = "axisor_http_requests_total{method=\"GET\"} 5\nprocess_open_fds 3\n";
    let backend = service(page).await;
    let components = [Component::Collector, Component::Prometheus];
    let stack = quick()
        .only(components)
        .target("axisor-backend", &backend)
        .start()
        .await
        .unwrap();
    let up = format!(r#"up{{job="axisor-backend",instance="{backend}"}} == 1"#);
    until(&up, || value(&stack, &up)).await;
    let own = r#"process_open_fds{job="axisor-backend"}"#;
    let other = until(own, || value(&stack, own)).await;
    assert_eq!(other, "3");
    let twice = query(&stack, "axisor_http_requests_total").await.unwrap();
    assert!(twice.is_empty(), "{twice:?}");

    let down = r#"up{job="margin-monitor",instance="margin-monitor:3010"} == 0"#;
    until(down, || value(&stack, down)).await;
    stack.set_target("margin-monitor", &backend).await.unwrap();
    let up = format!(r#"up{{job="margin-monitor",instance="{backend}"}} == 1"#);
    until(&up, || value(&stack, &up)).await;
    stack.down().await.unwrap();
}

#[tokio::test]
async fn a_series_nobody_pushes_any_more_disappears() {
    let stack = quick()
        .only([Component::Collector, Component::Prometheus])
        .metric_expiration(Duration::from_secs(2))
        .start()
        .await
        .unwrap();
    let body = metrics(
        "axisor-backend",
        "i-1",
        &[gauge("axisor_active_users", "", 7.0)],
    );
    post(&stack, "metrics", &body).await;
    until("the series", || value(&stack, "axisor_active_users")).await;
    until("its end", || async {
        let series = query(&stack, "axisor_active_users").await?;
        series.is_empty().then_some(())
    })
    .await;
    stack.down().await.unwrap();
}

#[tokio::test]
async fn spans_the_collector_took_survive_its_death_and_jaegers() {
    let components = [Component::Collector, Component::Jaeger];
    let stack = quick().only(components).start().await.unwrap();
    stack.kill(Component::Jaeger).await.unwrap();
    post(&stack, "traces", &span("axisor-backend", TRACE, "kept")).await;
    stack.kill(Component::Collector).await.unwrap();
    stack.start_again(Component::Jaeger).await.unwrap();
    stack.start_again(Component::Collector).await.unwrap();
    let spans = until("the span in Jaeger", || spans_in_jaeger(&stack, TRACE)).await;
    assert_eq!(spans, ["kept"]);
    stack.down().await.unwrap();
}

#[tokio::test]
async fn a_paused_component_accepts_and_does_not_answer() {
    let stack = quick().only([Component::Collector]).start().await.unwrap();
    stack.pause(Component::Collector).await.unwrap();
    let port = stack.port(Endpoint::OtlpHttp);
    assert!(!refuses(port).await);
    let health = format!("http://127.0.0.1:{}", stack.port(Endpoint::CollectorHealth));
    let asked = tokio::time::timeout(Duration::from_millis(300), get_json(&health)).await;
    assert!(asked.is_err(), "a paused Collector answered {asked:?}");
    stack.resume(Component::Collector).await.unwrap();
    until("an answer", || get_json(&health)).await;
    stack.down().await.unwrap();
}

#[tokio::test]
async fn what_does_not_run_cannot_be_stopped_and_what_runs_not_started() {
    let stack = quick()
        .only([Component::Alertmanager])
        .start()
        .await
        .unwrap();
    let twice = stack.start_again(Component::Alertmanager).await;
    assert!(
        matches!(twice, Err(ControlError::AlreadyRunning { .. })),
        "{twice:?}"
    );
    stack.stop(Component::Alertmanager).await.unwrap();
    let gone = stack.pause(Component::Alertmanager).await;
    assert!(
        matches!(gone, Err(ControlError::NotRunning { .. })),
        "{gone:?}"
    );
    let never = stack.start_again(Component::Jaeger).await;
    assert!(
        matches!(never, Err(ControlError::NotPartOfStack { .. })),
        "{never:?}"
    );
    stack.start_again(Component::Alertmanager).await.unwrap();
    stack.down().await.unwrap();
}

#[tokio::test]
async fn a_target_prometheus_cannot_take_changes_nothing() {
    let stack = quick().only([Component::Prometheus]).start().await.unwrap();
    let before = std::fs::read(stack.dir().join("prometheus.yml")).unwrap();
    let unknown = stack.set_target("backend", "127.0.0.1:1").await;
    assert!(unknown.unwrap_err().to_string().contains("axisor-backend"));
    stack.stop(Component::Prometheus).await.unwrap();
    let away = stack.set_target("axisor-backend", "127.0.0.1:1").await;
    assert!(matches!(away, Err(ControlError::Reload { .. })), "{away:?}");
    let after = std::fs::read(stack.dir().join("prometheus.yml")).unwrap();
    assert_eq!(before, after);
    stack.down().await.unwrap();
}

#[tokio::test]
async fn down_leaves_no_listener_and_no_directory() {
    let stack = quick().start().await.unwrap();
    let (ports, dir) = (ports(&stack), stack.dir().to_owned());
    for port in &ports {
        assert!(!refuses(*port).await, "nothing listens on {port}");
    }
    stack.down().await.unwrap();
    for port in &ports {
        assert!(refuses(*port).await, "something listens on {port}");
    }
    assert!(!dir.exists());
}

#[tokio::test]
async fn dropping_ends_everything() {
    let stack = quick().start().await.unwrap();
    let ports = ports(&stack);
    drop(stack);
    for port in ports {
        until("the port is closed", || async {
            refuses(port).await.then_some(())
        })
        .await;
    }
}

fn ports(stack: &Stack) -> Vec<u16> {
    let runs = |endpoint: &Endpoint| stack.components().contains(&endpoint.component());
    let endpoints = Endpoint::ALL.into_iter().filter(runs);
    endpoints.map(|endpoint| stack.port(endpoint)).collect()
}
