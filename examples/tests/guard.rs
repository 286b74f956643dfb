//! How do I test what a function counts and traces?
//!
//! ```console
//! $ cargo test -p axisor-examples --test guard
//! ```

use axisor_examples::fate::Fate;
use axisor_examples::guard::{Desk, GuardError, Situation, Verdict};
use axisor_examples::outside::{self, Node};
use axisor_examples::peer::Peer;
use axisor_examples::positions::Position;
use axisor_examples::users::{Plan, User};
use axisor_telemetry::testing::TestTelemetry;
use tokio::net::TcpListener;

const PRICE: f64 = 50_000.0;

/// A user with an open position, and the desk that guards it at a simulated exchange.
async fn desk(telemetry: &TestTelemetry, fate: Fate) -> (Desk, User) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let outside = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(outside::serve(listener, fate, std::future::pending()));
    let exchange = Peer::new("lnmarkets", outside.parse().unwrap(), telemetry);
    let node = Node::new(&outside.parse().unwrap(), telemetry);
    let user = User {
        id: 7,
        plan: Plan::Pro,
    };
    let position = Position::open(&user, PRICE, 1);
    (Desk::new(vec![position], exchange, node), user)
}

/// The first run in which this goes wrong once in `n`, or the first in which it does not.
fn run(fate: Fate, n: u64, what: &str, wrong: bool) -> Situation {
    let mut runs = 1..;
    let run = runs.find(|run| fate.one_in(n, what, *run) == wrong);
    Situation {
        position: 7,
        price: PRICE,
        market: PRICE,
        run: run.expect("the chance is one in a few"),
    }
}

#[tokio::test]
async fn an_action_that_was_taken_counts_by_the_users_plan() {
    let telemetry = TestTelemetry::new();
    let fate = Fate::new(1);
    let (desk, user) = desk(&telemetry, fate).await;

    let run = run(fate, 9, "empty wallet", false);
    let acting = desk.act(Verdict::AddMargin, &user, run);
    telemetry.scope(acting).await.unwrap();

    telemetry.assert_recorded(
        r#"
        axisor_margin_guard_actions_total{action_type="add_margin",user_plan="pro"} +1
        axisor_margin_guard_action_duration_seconds_count{action_type="add_margin",status="success",user_plan="pro"} +1
        "#,
    );
    telemetry.assert_spans(
        "
        add_margin
          lnrpc.Lightning/SendPaymentSync
          POST /v2/futures/add-margin
        ",
    );
}

#[tokio::test]
async fn an_action_that_the_exchange_refused_is_an_error_and_no_action() {
    let telemetry = TestTelemetry::configured(|builder| builder.set("logging.level", "debug"));
    let fate = Fate::new(1);
    let (desk, user) = desk(&telemetry, fate).await;

    let run = run(fate, 12, "order", true);
    let acting = desk.act(Verdict::ClosePosition, &user, run);
    let refused = telemetry.scope(acting).await;

    assert!(matches!(refused, Err(GuardError::OrderRefused { .. })));
    telemetry.assert_recorded(
        r#"
        axisor_margin_guard_action_duration_seconds_count{action_type="close_position",status="failure",user_plan="pro"} +1
        "#,
    );
    telemetry.assert_spans(
        "
        close_position (error: exchange refused the order for position 7)
          POST /v2/futures/close (error)
        ",
    );
    telemetry
        .span("close_position")
        .assert_root()
        .assert_attribute("axisor.margin_guard.plan", "pro")
        .assert_attribute("axisor.outcome", "failure")
        .assert_logged(
            "DEBUG axisor_examples::guard: order placed position=7 route=/v2/futures/close",
        );
}
