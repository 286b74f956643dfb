use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "a", kind = tracing::Level::INFO)]
fn check() {}

#[instrument_automation(type = "a", level = opentelemetry::trace::SpanKind::Client)]
fn check_client() {}

#[instrument_automation(type = "a", kind = opentelemetry::trace::SpanKind::Clint)]
fn check_clint() {}

fn main() {}
