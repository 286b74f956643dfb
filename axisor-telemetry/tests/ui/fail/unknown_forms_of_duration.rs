use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "a", duration(bucket = [0.1]))]
fn misspelt() {}

#[instrument_automation(type = "a", duration())]
fn empty() {}

#[instrument_automation(type = "a", duration([0.1]))]
fn without_a_name() {}

#[instrument_automation(type = "a", duration(buckets))]
fn without_a_value() {}

#[instrument_automation(type = "a", duration(buckets = [0.1], unit = "ms"))]
fn more() {}

fn main() {}
