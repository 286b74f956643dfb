//! How do I test what a function counts and traces?
//!
//! ```console
//! $ cargo test -p axisor-examples --test guard
//! ```

use axisor_examples::fate::Fate;
use axisor_examples::guard::{Desk, GuardError, Situation, Verdict};
use axisor_examples::positions::Position;
use axisor_examples::users::{Plan, User};
use axisor_telemetry::testing::TestTelemetry;

const PRICE: f64 = 50_000.0;

/// A user with an open position, and the desk that guards it.
fn desk(fate: Fate) -> (Desk, User) {
    let user = User {
        id: 7,
        plan: Plan::Pro,
    };
    let position = Position::open(&user, PRICE, 1);
    (Desk::new(vec![position], fate), user)
}

/// The first run in which the exchange refuses the order, or the first in which it does not.
fn run(fate: Fate, refused: bool) -> Situation {
    let mut runs = 1..;
    let run = runs.find(|run| fate.one_in(12, "order", *run) == refused);
    Situation {
        position: 7,
        price: PRICE,
        run: run.expect("the chance is one in twelve"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_that_was_taken_counts_by_the_users_plan() {
    let telemetry = TestTelemetry::new();
    let fate = Fate::new(1);
    let (desk, user) = desk(fate);

    let acting = desk.act(Verdict::ReducePosition, &user, run(fate, false));
    telemetry.scope(acting).await.unwrap();

    telemetry.assert_recorded(
        r#"
        axisor_margin_guard_actions_total{action_type="reduce_position",user_plan="pro"} +1
        axisor_margin_guard_action_duration_seconds_count{action_type="reduce_position",status="success",user_plan="pro"} +1
        "#,
    );
    telemetry.assert_spans("reduce_position");
}

#[tokio::test(start_paused = true)]
async fn an_action_that_the_exchange_refused_is_an_error_and_no_action() {
    let telemetry = TestTelemetry::configured(|builder| builder.set("logging.level", "debug"));
    let fate = Fate::new(1);
    let (desk, user) = desk(fate);

    let acting = desk.act(Verdict::ClosePosition, &user, run(fate, true));
    let refused = telemetry.scope(acting).await;

    assert!(matches!(refused, Err(GuardError::OrderRefused { .. })));
    telemetry.assert_recorded(
        r#"
        axisor_margin_guard_action_duration_seconds_count{action_type="close_position",status="failure",user_plan="pro"} +1
        "#,
    );
    telemetry.assert_spans("close_position (error: exchange refused the order for position 7)");
    telemetry
        .span("close_position")
        .assert_root()
        .assert_attribute("axisor.margin_guard.plan", "pro")
        .assert_attribute("axisor.outcome", "failure")
        .assert_logged("DEBUG axisor_examples::guard: order placed user=7 position=7");
}
