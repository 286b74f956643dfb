use axisor_telemetry::instrument_automation;

const WORDS: &[&str] = &["a"];

#[instrument_automation(type = "a", duration(buckets = WORDS))]
fn words() {}

#[instrument_automation(type = "a", duration(buckets = ["a"]))]
fn literal_words() {}

#[instrument_automation(type = "a", duration(buckets = 0.1))]
fn one_number() {}

#[instrument_automation(type = "a", duration(buckets = bounds))]
fn an_argument(bounds: &'static [f64]) {}

struct Guard;

impl Guard {
    const BOUNDS: &[f64] = &[0.1];

    #[instrument_automation(type = "a", duration(buckets = Self::BOUNDS))]
    fn of_self(&self) {}
}

fn main() {}
