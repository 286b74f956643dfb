use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check", ret, follows_from = job, buckets = [1.0], type_only, with = f, status = "ok")]
fn check(job: &str) {}

fn main() {}
