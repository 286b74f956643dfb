//! The process and its runtime, as Prometheus has them.

use std::time::Duration;

use axisor_stack::{Component, Stack};
use axisor_tests::prometheus::Prometheus;
use axisor_tests::{ports, until};

use crate::start;

const JOB: &str = "margin-monitor";
const DEADLINE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn they_come_with_the_scrape_of_the_service_and_once() {
    let port = ports::free_port().expect("a port");
    let stack = Stack::builder()
        .native()
        .free_ports()
        .only([Component::Collector, Component::Prometheus])
        .target(JOB, format!("127.0.0.1:{port}"))
        .scrape_interval(Duration::from_secs(1))
        .start()
        .await
        .expect("a Collector and a Prometheus");
    let measured = [
        ("AXISOR_METRICS_PROCESS", "true"),
        ("AXISOR_METRICS_RUNTIME", "true"),
    ];
    let worker = start(&stack, JOB, port, &measured).await;

    let prometheus = Prometheus::new(stack.prometheus());
    let own = format!("instance=\"{}\"", worker.address());
    // What the Collector has comes after several pushes, were it let through.
    until_samples(&prometheus, "axisor_system_health", 1).await;
    for (name, samples) in [
        ("process_cpu_time", 2),
        ("process_memory_usage", 1),
        ("process_unix_file_descriptor_count", 1),
        ("tokio_workers", 1),
        ("tokio_alive_tasks", 1),
    ] {
        until_samples(
            &prometheus,
            &format!("{name}{{job=\"{JOB}\",{own}}}"),
            samples,
        )
        .await;
        until_samples(&prometheus, name, samples).await;
    }
    stack.down().await.expect("down");
}

async fn until_samples(prometheus: &Prometheus, query: &str, samples: usize) {
    let what = format!("{samples} samples of {query}");
    let found = async || (prometheus.query(query).await.ok()?.len() == samples).then_some(());
    until(DEADLINE, &what, found).await.expect("in Prometheus");
}
