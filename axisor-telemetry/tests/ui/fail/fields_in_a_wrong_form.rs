use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "a", fields(user.id(), %user.to_string(), 5, "quoted", %n = 1, a == 1, user[0], a b))]
fn check(user: &str) {}

fn main() {}
