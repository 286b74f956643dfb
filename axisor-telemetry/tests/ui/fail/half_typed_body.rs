use axisor_telemetry::{instrument_automation, track_margin_guard};

struct User {
    plan: String,
}

#[track_margin_guard(action = "add", plan = user.plan)]
fn field_missing(user: &User) -> usize {
    let length = user.plan.;
    length
}

#[instrument_automation(type = "a")]
async fn semicolon_missing(user: &User) -> usize {
    let plan = &user.plan
    plan.len()
}

fn main() {
    // Each function is there all the same.
    let user = User { plan: String::new() };
    field_missing(&user);
    drop(semicolon_missing(&user));
}
