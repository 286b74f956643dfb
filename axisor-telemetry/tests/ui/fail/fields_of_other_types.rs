use axisor_telemetry::instrument_automation;

struct User {
    id: Id,
}

struct Id(u8);

#[instrument_automation(type = "a", fields(user.id, shown = %user.id, debugged = ?user.id, number = user.id.0, missing = user.nmae))]
fn check(user: &User) {}

fn main() {}
