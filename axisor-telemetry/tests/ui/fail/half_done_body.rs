use axisor_telemetry::{instrument_automation, track_margin_guard};

struct User {
    plan: String,
}

#[track_margin_guard(action = "add", plan = user.plan)]
fn unknown_field(user: &User) -> usize {
    user.pln.len()
}

#[instrument_automation(type = "a")]
async fn wrong_type(user: &User) -> usize {
    let plan: u8 = user.plan;
    plan
}

#[instrument_automation(type = "a", ok_if = |length| *length > 0)]
fn nothing_returned(user: &User) -> usize {
    let _ = user.plan;
}

#[instrument_automation(type = "a")]
async fn moved_twice(user: User) -> (String, String) {
    (user.plan, user.plan)
}

#[instrument_automation(type = "a")]
fn borrowed_for_too_long() -> &'static str {
    let plan = String::new();
    &plan
}

fn main() {}
