//! `up` and the series of a worker that dies and comes back.

use std::time::{Duration, Instant};

use axisor_stack::{Component, Stack};
use axisor_tests::prometheus::Prometheus;
use axisor_tests::service::Service;
use axisor_tests::{ports, until};

use crate::start;

const JOB: &str = "margin-monitor";
const INTERVAL: Duration = Duration::from_secs(1);
const EXPIRATION: Duration = Duration::from_secs(3);
const DEADLINE: Duration = Duration::from_secs(30);
const EXECUTIONS: &str = "axisor_automation_executions_total{job=\"margin-monitor\"}";

#[tokio::test]
async fn a_killed_worker_is_down_at_once_and_comes_back_without_a_spike() {
    let port = ports::free_port().expect("a port");
    let stack = Stack::builder()
        .native()
        .free_ports()
        .only([Component::Collector, Component::Prometheus])
        .target(JOB, format!("127.0.0.1:{port}"))
        .scrape_interval(INTERVAL)
        .metric_expiration(EXPIRATION)
        .start()
        .await
        .expect("a Collector and a Prometheus");
    let prometheus = Prometheus::new(stack.prometheus());

    let worker = start(&stack, JOB, port, &[]).await;
    work(&worker, 10).await;
    until_value(&prometheus, &up(), 1.0).await;
    until_value(&prometheus, EXECUTIONS, 10.0).await;
    let sources = prometheus
        .query("count by (job) ({__name__=~\"axisor_automation_.+\"})")
        .await
        .expect("an answer");
    assert_eq!(
        sources.len(),
        1,
        "each sample once, from one job: {sources:?}"
    );
    assert_eq!(sources[0].value.to_bits(), 1.0_f64.to_bits(), "{sources:?}");

    worker.kill().await.expect("killed");
    let killed = Instant::now();
    until_value(&prometheus, &up(), 0.0).await;
    let down_after = killed.elapsed();
    assert!(
        down_after <= 2 * INTERVAL + INTERVAL / 2,
        "`up` was 0 only after {down_after:?}"
    );
    until(DEADLINE, "the last values to go", async || {
        prometheus
            .query(EXECUTIONS)
            .await
            .ok()?
            .is_empty()
            .then_some(())
    })
    .await
    .expect("gone");
    let gone_after = killed.elapsed();
    assert!(
        gone_after <= EXPIRATION + 5 * INTERVAL,
        "the last values lingered for {gone_after:?}"
    );

    let worker = start(&stack, JOB, port, &[]).await;
    work(&worker, 4).await;
    until_value(&prometheus, &up(), 1.0).await;
    until_value(&prometheus, EXECUTIONS, 4.0).await;
    let rates = prometheus
        .query(&format!("sum(rate({EXECUTIONS}[30s])) * 30"))
        .await
        .expect("an answer");
    for increase in rates {
        assert!(
            increase.value <= 14.0 * 1.5,
            "rate() shows {} executions in 30 s, 14 were",
            increase.value
        );
    }
    stack.down().await.expect("down");
}

async fn work(worker: &Service, times: usize) {
    for _ in 0..times {
        let answer = reqwest::get(format!("{}/work", worker.url()))
            .await
            .expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
    }
}

fn up() -> String {
    format!("up{{job=\"{JOB}\"}}")
}

async fn until_value(prometheus: &Prometheus, query: &str, value: f64) {
    let reached = prometheus.until(DEADLINE, query, value).await;
    reached.expect("in Prometheus");
}
