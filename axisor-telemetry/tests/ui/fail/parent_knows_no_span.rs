use axisor_telemetry::instrument_automation;

struct Job {
    carrier: u8,
}

#[instrument_automation(type = "a", parent = job.carrier)]
fn check(job: &Job) {}

#[instrument_automation(type = "a", parent = job)]
async fn check_later(job: Job) {}

fn main() {}
