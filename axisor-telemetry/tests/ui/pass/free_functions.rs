//! Free functions.
#![deny(warnings, missing_docs, clippy::pedantic)]

use axisor_telemetry::{instrument_automation, track_margin_guard};

/// A one-line body.
#[instrument_automation(type = "one")]
#[must_use]
pub fn one() -> u8 {
    1
}

/// An early return and `?`.
///
/// # Errors
/// If `text` is no number.
#[instrument_automation(type = "parse")]
pub fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
    if text.is_empty() {
        return Ok(0);
    }
    Ok(text.parse::<u8>()? + 1)
}

/// The same in an async function.
///
/// # Errors
/// If `text` is no number.
#[instrument_automation(type = "parse")]
pub async fn parse_later(text: &str) -> Result<u8, std::num::ParseIntError> {
    if text.is_empty() {
        return Ok(0);
    }
    std::future::ready(()).await;
    Ok(text.parse::<u8>()? + 1)
}

/// Nothing returned.
#[track_margin_guard(action = "add_margin", plan = plan)]
pub fn nothing(plan: &str) {
    if plan.is_empty() {
        return;
    }
    println!("{plan}");
}

/// Nothing returned, async.
#[track_margin_guard(action = "add_margin", plan = plan)]
pub async fn nothing_later(plan: String) {
    if plan.is_empty() {
        return;
    }
    std::future::ready(plan).await;
}

/// Never returns.
#[instrument_automation(type = "never")]
pub fn never() -> ! {
    std::process::exit(0)
}

/// Never returns, async.
#[instrument_automation(type = "never")]
pub async fn never_later() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

/// Nothing but a panic.
#[instrument_automation(type = "panics")]
pub fn panics() -> u8 {
    unimplemented!()
}

/// Arguments that are patterns, changed, unused.
#[instrument_automation(type = "arguments")]
#[must_use]
pub fn arguments((a, b): (u8, u8), mut c: Vec<u8>, _: u8, _unused: String) -> Vec<u8> {
    c.push(a + b);
    c
}

/// The same, async.
#[instrument_automation(type = "arguments")]
pub async fn arguments_later((a, b): (u8, u8), mut c: Vec<u8>, _: u8, _unused: String) -> Vec<u8> {
    std::future::ready(()).await;
    c.push(a + b);
    c
}

/// Calls itself.
#[instrument_automation(type = "recursion")]
#[must_use]
pub fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * factorial(n - 1) }
}

/// Calls itself, async.
#[instrument_automation(type = "recursion")]
pub async fn factorial_later(n: u64) -> u64 {
    if n == 0 {
        1
    } else {
        n * Box::pin(factorial_later(n - 1)).await
    }
}

/// Calls itself through a box of its own.
#[instrument_automation(type = "recursion", fields(n))]
#[must_use]
pub fn factorial_boxed(n: u64) -> std::pin::Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if n == 0 {
            1
        } else {
            n * factorial_boxed(n - 1).await
        }
    })
}

/// With C's calling convention.
#[instrument_automation(type = "extern")]
pub extern "C" fn from_c(value: u8) -> u8 {
    value + 1
}

/// Opaque arguments, changed.
#[instrument_automation(type = "opaque", fields(%value))]
pub async fn opaque_argument(
    mut value: impl std::fmt::Display + Clone,
    keep: impl Fn(&str) -> bool,
) -> bool {
    value = value.clone();
    keep(&value.to_string())
}

/// With a lint set inside.
#[instrument_automation(type = "inner")]
pub fn inner_attribute() {
    #![allow(unused_variables)]
    let unused = 1;
}

/// Coercions of the returned value.
#[instrument_automation(type = "coercion")]
#[must_use]
pub fn coerced(given: bool) -> Box<dyn std::fmt::Display> {
    if given {
        return Box::new(1);
    }
    Box::new("one")
}

/// Coercions of the returned value, async.
#[instrument_automation(type = "coercion")]
pub async fn coerced_later(given: bool) -> Box<dyn std::fmt::Display + Send> {
    if given {
        return Box::new(1);
    }
    std::future::ready(()).await;
    Box::new("one")
}

pub(crate) fn main() {
    assert_eq!(one(), 1);
    assert_eq!(factorial(3), 6);
    assert_eq!(arguments((1, 2), vec![], 3, String::new()), [3]);
}
