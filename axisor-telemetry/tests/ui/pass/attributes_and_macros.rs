//! Beside other attributes, beside each other, and made by macros.
#![deny(warnings, missing_docs, clippy::pedantic)]

use axisor_telemetry::{instrument_automation, track_margin_guard};

/// Documentation, and what else stands above, is kept.
///
/// # Errors
/// Never.
#[inline]
#[must_use = "or why call it"]
#[cfg(not(any()))]
#[instrument_automation(type = "kept")]
#[allow(clippy::unnecessary_wraps, reason = "it is an example")]
#[deprecated(note = "it is an example")]
pub fn kept(#[allow(unused_variables)] unused: u8) -> Option<u8> {
    Some(1)
}

#[cfg(any())]
#[instrument_automation(type = "left_out")]
fn left_out() -> Missing {}

/// Inside tracing's.
#[tracing::instrument(skip_all)]
#[instrument_automation(type = "inside")]
pub async fn inside(value: u8) -> Result<u8, std::num::ParseIntError> {
    std::future::ready(()).await;
    Ok("1".parse::<u8>()? + value)
}

/// Outside of tracing's.
#[instrument_automation(type = "outside")]
#[tracing::instrument(skip_all, err)]
pub async fn outside(value: u8) -> Result<u8, std::num::ParseIntError> {
    std::future::ready(()).await;
    Ok("1".parse::<u8>()? + value)
}

/// Beside tracing's, not async.
#[instrument_automation(type = "outside")]
#[tracing::instrument(skip_all)]
#[must_use]
pub fn plain(value: u8) -> u8 {
    value
}

/// Inside of a runtime's.
#[tokio::main(flavor = "current_thread")]
#[instrument_automation(type = "runtime")]
pub async fn runs() -> u8 {
    std::future::ready(1).await
}

/// An execution that is an action, too.
///
/// # Errors
/// Never.
#[instrument_automation(type = "protect", in_flight)]
#[track_margin_guard(action = "protect", plan = plan, fields(plan))]
pub async fn both(plan: &str) -> Result<usize, String> {
    std::future::ready(()).await;
    Ok(plan.len())
}

/// The same, not async.
#[track_margin_guard(action = "protect", plan = plan)]
#[instrument_automation(type = "protect")]
#[must_use]
pub fn both_at_once(plan: &str) -> usize {
    plan.len()
}

/// The same of a future.
#[instrument_automation(type = "protect")]
#[track_margin_guard(action = "protect", plan = plan)]
#[must_use]
pub fn both_boxed(plan: &str) -> std::pin::Pin<Box<dyn Future<Output = usize> + Send + '_>> {
    Box::pin(async move { plan.len() })
}

macro_rules! function {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident($argument:ident: $given:ty) -> $returned:ty $body:block
        as $label:literal with $rule:expr, $field:ident = $value:expr
    ) => {
        $(#[$attribute])*
        #[instrument_automation(type = $label, ok_if = $rule, fields($field = $value, $argument), name = $label)]
        $visibility fn $name($argument: $given) -> $returned $body
    };
}

function! {
    /// Made by a macro.
    #[must_use]
    pub fn made(value: u8) -> Option<u8> { value.checked_add(1) }
    as "made" with |made| made.is_some_and(|made| made > 1), doubled = value * 2
}

macro_rules! method {
    ($name:ident, $label:expr, $action:path, $telemetry:path) => {
        /// Made by a macro.
        #[track_margin_guard(action = $action, plan = $label, crate = $telemetry)]
        pub async fn $name(&self) -> u8 {
            std::future::ready(self.0).await
        }
    };
}

const ACTION: &str = "action";

mod names {
    pub(crate) const ACTION: &str = "action";
}

/// With methods made by a macro.
#[derive(Debug)]
pub struct Guard(u8);

impl Guard {
    method!(literal, "pro", ACTION, axisor_telemetry);
    method!(expression, 1.to_string(), names::ACTION, ::axisor_telemetry);
}

macro_rules! attribute {
    ($($item:item)*) => { $(#[instrument_automation(type = "item")] $item)* };
}

attribute! {
    /// Annotated by a macro.
    #[must_use]
    pub fn one() -> u8 { 1 }

    /// Annotated by a macro.
    pub async fn other() -> u8 { std::future::ready(1).await }
}

mod telemetry {
    pub(crate) use axisor_telemetry as renamed;
}

/// Under another name.
#[instrument_automation(type = "renamed", crate = telemetry::renamed, duration(buckets = [1.0]), fields(a = 1))]
pub fn renamed() {}

/// In a function.
#[must_use]
pub fn outer() -> u8 {
    #[instrument_automation(type = "nested")]
    fn nested() -> u8 {
        1
    }
    nested()
}

pub(crate) fn main() {
    assert_eq!(made(1), Some(2));
    assert_eq!(both_at_once("pro"), 3);
    assert_eq!(one(), 1);
    assert_eq!(runs(), 1);
    drop(Guard(1).literal());
    drop(Guard(1).expression());
    renamed();
    assert_eq!(outer(), 1);
}
