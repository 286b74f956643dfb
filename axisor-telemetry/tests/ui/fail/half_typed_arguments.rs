use axisor_telemetry::{instrument_automation, track_margin_guard};

struct User {
    plan: String,
}

#[instrument_automation(type = )]
fn value_missing() {}

#[track_margin_guard(action = "add", plan = user.)]
fn field_missing(user: &User) {}

#[track_margin_guard(action = , plan = user.plan, name)]
async fn one_missing(user: &User) {}

#[instrument_automation(type = "a", fields())]
fn no_fields() {}

#[instrument_automation(type = "a", fields(user., n =, %, m = %, k = user.plan.))]
fn half_fields(user: &User) {}

#[instrument_automation(type = "a", links(user., ), parent = , kind = "")]
fn half_links(user: &User) {}

#[instrument_automation(type = "a", ok_if = |r| )]
fn half_rule() {}

#[instrument_automation(ty)]
fn half_name() {}

#[instrument_automation(type = "a", , name = "b")]
fn comma() {}

#[instrument_automation(type: "a")]
fn colon() {}

#[instrument_automation(type = "a" name = "b")]
fn no_comma() {}

#[instrument_automation(type = ret(|r| r.))]
fn half_ret() {}

#[instrument_automation(type = "a", duration(buckets = ), err(with = ))]
fn half_lists() {}

fn main() {
    // Each function is there all the same.
    let user = User { plan: String::new() };
    value_missing();
    field_missing(&user);
    drop(one_missing(&user));
    no_fields();
    half_fields(&user);
    half_links(&user);
    half_rule();
    half_name();
    comma();
    colon();
    no_comma();
    half_ret();
    half_lists();
}
