use axisor_telemetry::instrument_automation;

const FALLING: &[f64] = &[1.0, 0.1];
const LIMIT: f64 = 1.0;
const NONE: [f64; 0] = [];

#[instrument_automation(type = "a", duration(buckets = [0.1, 1.0, 1.0]))]
fn equal() {}

#[instrument_automation(type = "a", duration(buckets = []))]
fn none() {}

#[instrument_automation(type = "a", duration(buckets = FALLING))]
fn falling() {}

#[instrument_automation(type = "a", duration(buckets = [LIMIT, 0.1]))]
fn falling_from_a_constant() {}

#[instrument_automation(type = "a", duration(buckets = NONE))]
fn no_constants() {}

#[instrument_automation(type = "a", duration(buckets = [1.0, f64::INFINITY]))]
fn infinite() {}

fn main() {}
