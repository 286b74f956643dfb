//! The only names expanded code may use. Not part of the public API: they change with every release.

use std::borrow::Cow;

pub use opentelemetry::trace::SpanKind;
pub use tracing::Level;

pub use crate::call::{
    Count, Labels, LateLabels, Later, OnCancel, Opening, Polled, Running, Site, Spec,
};
pub use crate::catalog::DURATION_BUCKETS;
pub use crate::judge::{Judge, Linked, Rule, future_prelude, link_prelude, value_prelude};
pub use crate::label::{UNKNOWN, checked};
pub use crate::outcome::Verdict;
pub use crate::record::Recorder;
pub use crate::trace::Code;

use crate::label::LabelValue;

/// A call on this thread that is like every other of its function.
#[inline]
pub fn begin(site: &'static Site) -> Running {
    Running::begin(site)
}

/// A call on this thread with what its attribute's expressions give, which are asked only if it is recorded.
pub fn begin_with(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Running {
    Running::begin_with(site, open)
}

/// A call by polls that is like every other of its function.
#[inline]
pub fn begin_polled(site: &'static Site) -> Polled {
    Polled::begin(site)
}

/// A call by polls with what its attribute's expressions give, which are asked only if it is recorded.
pub fn begin_polled_with(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Polled {
    Polled::begin_with(site, open)
}

/// A call that begins when its future is polled, with what its attribute's expressions give at once.
pub fn later_with(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Later {
    Later::new(site, open)
}

/// Runs a body, which may give away what it owns.
#[inline]
pub fn run<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// What a function of the attribute says of what was returned.
#[inline]
pub fn apply<'a, R, T>(returned: &'a R, function: impl FnOnce(&'a R) -> T) -> T {
    function(returned)
}

/// The upper bounds of a duration series.
///
/// # Panics
/// If there are none, or they do not rise, or one is no number or infinite; the attributes make that an error of the
/// compiler.
#[must_use]
#[track_caller] // the compiler's error is about the attribute and shows nothing of this function
pub const fn buckets(bounds: &'static [f64]) -> &'static [f64] {
    assert!(
        !bounds.is_empty(),
        "`buckets` is empty, expected at least one upper bound"
    );
    let mut index = 0;
    while index < bounds.len() {
        assert!(
            bounds[index].is_finite(),
            "an upper bound is no finite number"
        );
        assert!(
            index == 0 || bounds[index - 1] < bounds[index],
            "the upper bounds do not rise"
        );
        index += 1;
    }
    bounds
}

/// The text of a value that is one of a closed set.
pub fn label_of_known(value: &impl LabelValue) -> Cow<'_, str> {
    Cow::Borrowed(value.known().unwrap_or(UNKNOWN))
}

/// Runs a body that makes a future of this output, which is told by name: the body might leave it open.
#[inline]
pub fn make<R, F: Future<Output = R>>(body: impl FnOnce() -> F) -> F {
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
