use axisor_telemetry::instrument_automation;

struct Job {
    carriers: Vec<u8>,
}

#[instrument_automation(type = "a", links(job.carriers))]
fn check(job: &Job) {}

#[instrument_automation(type = "a", links(job, missing))]
async fn check_later(job: Job) {}

fn main() {}
