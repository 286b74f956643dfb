//! What a label's value may come from.
#![deny(warnings, missing_docs, clippy::pedantic)]

use std::borrow::Cow;

use axisor_telemetry::{LabelValue, instrument_automation, track_margin_guard};

const MARGIN_CHECK: &str = "margin_check";

mod names {
    pub(crate) const ADD_MARGIN: &str = "add_margin";
}

/// The plans.
#[derive(Debug, Clone, Copy, LabelValue)]
pub enum Plan {
    /// Free.
    Free,
    /// Pro.
    Pro,
}

/// A label made by hand.
#[derive(Debug)]
pub struct Leverage(u8);

impl LabelValue for Leverage {
    fn label(&self) -> Cow<'_, str> {
        Cow::Owned(format!("x{}", self.0))
    }
}

/// By hand.
#[instrument_automation(type = leverage)]
pub fn leveraged(leverage: &Leverage) -> u8 {
    leverage.0
}

/// A user.
#[derive(Debug)]
pub struct User {
    plan: Plan,
    name: String,
}

/// A strategy.
pub trait Strategy {
    /// Its name.
    const NAME: &'static str;

    /// An associated constant of an unknown type.
    #[instrument_automation(type = Self::NAME)]
    fn run(&self) {}
}

/// A constant.
#[instrument_automation(type = MARGIN_CHECK)]
pub fn constant() {}

/// A constant elsewhere, and a field.
#[track_margin_guard(action = names::ADD_MARGIN, plan = user.plan)]
pub fn field(user: &User) -> &str {
    &user.name
}

/// A constant of a generic type, and a variant.
#[track_margin_guard(action = S::NAME, plan = Plan::Pro)]
pub fn variant<S: Strategy>(_: &S) {}

/// Expressions over what the body takes.
#[track_margin_guard(action = user.name.to_lowercase(), plan = if user.name.is_empty() { Plan::Free } else { user.plan })]
pub async fn taken(user: User) -> String {
    std::future::ready(user).await.name
}

/// References, cows and truths.
#[track_margin_guard(action = action, plan = fast)]
pub async fn kinds(action: Cow<'_, str>, fast: &bool) {
    std::future::ready((action, fast)).await;
}

struct Dca;

impl Strategy for Dca {
    const NAME: &'static str = "dca";
}

pub(crate) fn main() {
    constant();
    Dca.run();
    variant(&Dca);
    assert_eq!(
        field(&User {
            plan: Plan::Free,
            name: String::new()
        }),
        ""
    );
}
