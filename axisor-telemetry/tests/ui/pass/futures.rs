//! Functions that return a future.
#![deny(warnings, missing_docs, clippy::pedantic)]

use std::panic::UnwindSafe;
use std::pin::Pin;

use axisor_telemetry::{instrument_automation, track_margin_guard};

/// An opaque future.
#[instrument_automation(type = "opaque")]
pub fn opaque(value: u8) -> impl Future<Output = Result<u8, String>> + Send {
    let doubled = value * 2;
    async move { Ok(doubled) }
}

/// One that borrows.
#[track_margin_guard(action = "add", plan = plan)]
pub fn borrowing<'a>(plan: &'a str) -> impl Future<Output = usize> + Send + 'a {
    async move { plan.len() }
}

/// A boxed future.
#[instrument_automation(type = "boxed")]
#[must_use]
pub fn boxed(value: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    Box::pin(async move { value })
}

/// A boxed future that lives longer than its label, its parent and its field.
#[instrument_automation(type = kind, parent = parent, fields(kind, id))]
#[must_use]
pub fn boxed_alone(
    kind: &str,
    parent: &opentelemetry::Context,
    id: u64,
) -> Pin<Box<dyn Future<Output = u64> + Send + 'static>> {
    Box::pin(async move { id })
}

/// The same by a longer path.
#[track_margin_guard(action = "add", plan = plan, ok_if = |id| *id > 0)]
#[must_use]
pub fn boxed_by_a_path(plan: &str, id: u64) -> Pin<Box<dyn Future<Output = u64> + Send + 'static>> {
    ::std::boxed::Box::<_>::pin(async move { id })
}

/// An early return without a semicolon.
#[instrument_automation(type = kind)]
#[must_use]
#[rustfmt::skip]
pub fn boxed_early(kind: &str, early: bool) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    if early { return Box::pin(std::future::ready(1)) }
    Box::pin(async move { 2 })
}

/// A boxed future that borrows, after an early return.
#[track_margin_guard(action = "add", plan = plan)]
#[must_use]
pub fn boxed_borrowing<'a>(plan: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    if plan.is_empty() {
        return Box::pin(std::future::ready(0));
    }
    Box::pin(async move { plan.len() })
}

/// Its usual alias.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// By its alias.
#[instrument_automation(type = "alias")]
#[must_use]
pub fn aliased(value: &u8) -> BoxFuture<'_, u8> {
    Box::pin(async move { *value })
}

/// An error that has no `Display`, and that `?` makes.
#[derive(Debug)]
pub struct NoNumber;

impl From<std::num::ParseIntError> for NoNumber {
    fn from(_: std::num::ParseIntError) -> Self {
        Self
    }
}

/// Only the returned type tells the error's.
#[instrument_automation(type = "parse")]
pub fn parsed(text: &str) -> impl Future<Output = Result<u8, NoNumber>> + Send {
    async move { Ok(text.parse()?) }
}

/// The same, with a part that is opaque.
#[instrument_automation(type = "parse", err(Debug))]
pub fn parsed_opaque(
    text: &str,
) -> impl Future<Output = Result<impl std::fmt::Display + use<>, NoNumber>> + Send {
    async move { Ok(text.parse::<u8>()?) }
}

/// The same, boxed.
#[instrument_automation(type = "parse")]
#[must_use]
pub fn parsed_boxed(text: &str) -> Pin<Box<dyn Future<Output = Result<u8, NoNumber>> + Send + '_>> {
    Box::pin(async move { Ok(text.parse()?) })
}

/// The same by an alias, which does not say what is returned.
pub type Parsing<'a, E> = BoxFuture<'a, Result<u8, E>>;

mod aliases {
    pub(crate) type BoxFuture<'a, E> = super::Parsing<'a, E>;
}

/// By an alias of a known name and another meaning.
#[instrument_automation(type = "parse")]
#[must_use]
pub fn parsed_aliased(text: &str) -> aliases::BoxFuture<'_, NoNumber> {
    Box::pin(async move { Ok(text.parse()?) })
}

/// A trait's future, by its long name.
pub trait Later {
    /// Later.
    fn later(&self) -> impl Future<Output = Option<u8>> + Send;

    /// Later, provided.
    #[instrument_automation(type = "provided", ok_if = Option::is_none)]
    fn provided(&self) -> impl Future<Output = Option<u8>> + Send
    where
        Self: Sync,
    {
        async move { self.later().await }
    }
}

impl Later for u8 {
    #[instrument_automation(type = "later", in_flight)]
    fn later(&self) -> impl Future<Output = Option<u8>> + Send {
        let value = *self;
        async move { value.checked_add(1) }
    }
}

/// A box made elsewhere.
#[instrument_automation(type = "elsewhere")]
#[must_use]
pub fn elsewhere(value: &u8) -> Pin<Box<dyn Future<Output = u8> + '_>> {
    aliased(value)
}

/// A future that can be moved while it is polled, and survives a panic.
#[track_margin_guard(action = "add", plan = "pro", fields(value))]
pub fn movable(value: u8) -> impl Future<Output = u8> + Send + Unpin + UnwindSafe + use<> {
    std::future::ready(value)
}

/// A future as usual.
#[instrument_automation(type = "usual", fields(value))]
pub async fn usual(value: u8) -> u8 {
    std::future::ready(value).await
}

fn send(_: &impl Send) {}

fn unwind_safe(_: &impl UnwindSafe) {}

pub(crate) fn main() {
    send(&opaque(1));
    send(&boxed(1));
    send(&borrowing("pro"));
    send(&boxed_alone("a", &opentelemetry::Context::new(), 1));
    send(&boxed_by_a_path("pro", 1));
    send(&boxed_early("a", true));
    send(&boxed_borrowing("pro"));
    send(&aliased(&1));
    send(&1.provided());
    drop(elsewhere(&1));
    unwind_safe(&movable(1));
    unwind_safe(&usual(1));
    unwind_safe(&opaque(1));
}
