//! What only a real Collector, Prometheus and Jaeger can prove.

mod dependencies;
mod doctor;
mod exemplars;
mod golden;
mod joined;
mod logs;
mod outage;
mod protocols;
mod runtime;
mod sampling;
mod shutdown;
mod traces;
mod up;

use axisor_stack::Stack;
use axisor_tests::service::Service;

/// A service that sends all it has to the stack's Collector, often, and is told `more`.
async fn start(stack: &Stack, name: &str, port: u16, more: &[(&str, &str)]) -> Service {
    let endpoint = stack.otlp_grpc();
    let sends = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "250"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
    ];
    let environment = [&sends, more].concat();
    let program = env!("CARGO_BIN_EXE_service");
    let service = Service::start(program, name, port, &environment);
    service.await.expect("a service")
}
