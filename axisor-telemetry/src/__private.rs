//! The only names expanded code may use. Not part of the public API: they change with every release.

pub use crate::call::{CallFuture, Labels, Later, Site, Start};
pub use crate::judge::{future_prelude, value_prelude};
pub use crate::label::checked;
pub use crate::outcome::Verdict;
pub use crate::record::Recorder;
pub use crate::trace::Code;

use std::borrow::Cow;

use crate::label::LabelValue;

/// A call of a function whose label values are fixed.
#[inline]
pub fn start(site: &'static Site) -> Start {
    Start::new(site, || site.labels())
}

/// A call of a function whose label values are computed, which happens only if it is recorded.
#[inline]
pub fn start_with(site: &'static Site, labels: impl FnOnce() -> Labels) -> Start {
    Start::new(site, labels)
}

/// A call that starts when its future is polled.
pub fn later(site: &'static Site) -> Later {
    later_with(site, || site.labels())
}

/// A call with computed label values that starts when its future is polled.
pub fn later_with(site: &'static Site, labels: impl FnOnce() -> Labels) -> Later {
    Later {
        site,
        labels: labels(),
    }
}

/// The label value of an expression.
pub fn label(value: &(impl LabelValue + ?Sized)) -> Cow<'static, str> {
    Cow::Owned(value.label().into_owned())
}

/// The label value of a literal or constant.
#[must_use]
pub const fn fixed(text: &'static str) -> Cow<'static, str> {
    Cow::Borrowed(text)
}

/// No label value: the recorder has fewer labels.
pub const NONE: &str = "";

/// Runs a body that makes a future.
#[inline]
pub fn make<F>(body: impl FnOnce() -> F) -> F {
    body()
}

/// Gives an async body its type; never called.
///
/// # Panics
/// If it is called.
#[must_use]
pub fn never<R>() -> R {
    unreachable!("only the type of this call is used")
}
