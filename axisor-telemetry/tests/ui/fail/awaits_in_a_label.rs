use axisor_telemetry::instrument_automation;

#[instrument_automation(type = kind().await)]
async fn check() {}

async fn kind() -> String {
    String::new()
}

fn main() {}
