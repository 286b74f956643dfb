//! Which rule of [`outcome`](crate::outcome) applies to a type, chosen where the function is written.
//!
//! Expanded code calls `rule` on `&&&&Judge`. Method lookup takes the first that fits: by value, then with one
//! reference fewer each time.

use std::cell::Cell;
use std::fmt::Display;

use futures_util::Stream;

use crate::call::Opening;
use crate::outcome::{ExecutionOutcome, Fallible, Outcome, Verdict};
use crate::trace::SpanParent;

/// A returned value to be judged.
pub struct Judge<'a, R>(pub &'a R);

/// How the values of a type count.
pub trait Rule<R> {
    /// How this one counts.
    fn outcome(self, returned: &R) -> Outcome;
    /// The same, with what a span says of it.
    fn verdict(self, returned: &R) -> Verdict<'_>;
}

/// The rule for any type.
pub struct Success;

impl<R> Rule<R> for Success {
    fn outcome(self, _: &R) -> Outcome {
        Outcome::Success
    }

    fn verdict(self, _: &R) -> Verdict<'_> {
        Verdict::SUCCESS
    }
}

/// The rule for a type that says itself how it counts.
pub struct Own;

impl<R: ExecutionOutcome> Rule<R> for Own {
    fn outcome(self, returned: &R) -> Outcome {
        returned.outcome()
    }

    fn verdict(self, returned: &R) -> Verdict<'_> {
        Verdict::of(returned)
    }
}

/// The rule for a result whose error can be shown, borrowed or not.
pub struct Shown;

impl<R> Rule<R> for Shown
where
    R: ExecutionOutcome + Fallible<Error: Display>,
{
    fn outcome(self, returned: &R) -> Outcome {
        returned.outcome()
    }

    fn verdict(self, returned: &R) -> Verdict<'_> {
        Verdict::of_result(returned)
    }
}

/// Any type.
pub trait AnyValue {
    /// The rule that applies.
    fn rule(&self) -> Success;
}

impl<R> AnyValue for Judge<'_, R> {
    fn rule(&self) -> Success {
        Success
    }
}

/// A type that says itself how it counts.
pub trait OutcomeValue {
    /// The rule that applies.
    fn rule(&self) -> Own;
}

impl<R: ExecutionOutcome> OutcomeValue for &Judge<'_, R> {
    fn rule(&self) -> Own {
        Own
    }
}

/// A result whose error can be shown.
pub trait ResultValue {
    /// The rule that applies.
    fn rule(&self) -> Shown;
}

impl<R> ResultValue for &&Judge<'_, R>
where
    R: ExecutionOutcome + Fallible<Error: Display>,
{
    fn rule(&self) -> Shown {
        Shown
    }
}

/// A future from a function that is not async: its call would end before it began.
pub trait FutureValue<F> {
    /// Refused by the compiler.
    fn rule(&self) -> Success
    where
        F: FutureInSight;
}

impl<F: Future> FutureValue<F> for &&&Judge<'_, F> {
    fn rule(&self) -> Success
    where
        F: FutureInSight,
    {
        Success
    }
}

/// No type has this.
#[diagnostic::on_unimplemented(
    message = "this function returns a future the attribute cannot see into",
    label = "the call would be over before the future is polled",
    note = "make it an `async fn`, or return `impl Future<Output = …>` or `Pin<Box<dyn Future<Output = …>>>`, written out"
)]
pub trait FutureInSight {}

/// A stream: it has not ended when the function returns.
pub trait StreamValue<S> {
    /// Refused by the compiler.
    fn rule(&self) -> Success
    where
        S: StreamInSight;
}

impl<S: Stream> StreamValue<S> for &&&Judge<'_, S> {
    fn rule(&self) -> Success
    where
        S: StreamInSight,
    {
        Success
    }
}

/// No type has this.
#[diagnostic::on_unimplemented(
    message = "a stream has not ended when the function returns",
    label = "the call would be over before the first item",
    note = "annotate the function that makes one item, or the one that drives the stream"
)]
pub trait StreamInSight {}

/// What `links` of an attribute names: several spans, or one.
pub struct Linked<T>(Cell<Option<T>>);

impl<T> Linked<T> {
    /// What is to be linked.
    pub fn new(spans: T) -> Self {
        Self(Cell::new(Some(spans)))
    }
}

/// Several.
pub trait LinkMany {
    /// Links the call to them.
    fn link(&self, opening: &mut Opening<'_>);
}

impl<I: IntoIterator<Item: SpanParent>> LinkMany for &&&Linked<I> {
    fn link(&self, opening: &mut Opening<'_>) {
        opening.links(self.0.take().into_iter().flatten());
    }
}

/// Several, by a variable that is a reference to them.
pub trait LinkReferred {
    /// Links the call to them.
    fn link(&self, opening: &mut Opening<'_>);
}

impl<'a, I: ?Sized> LinkReferred for &&Linked<&&'a I>
where
    &'a I: IntoIterator<Item: SpanParent>,
{
    fn link(&self, opening: &mut Opening<'_>) {
        opening.links(self.0.take().into_iter().copied().flatten());
    }
}

/// One.
pub trait LinkOne {
    /// Links the call to it.
    fn link(&self, opening: &mut Opening<'_>);
}

impl<C: SpanParent> LinkOne for &Linked<C> {
    fn link(&self, opening: &mut Opening<'_>) {
        opening.links(self.0.take());
    }
}

/// None that is known.
pub trait LinkNone<C> {
    /// Refused by the compiler.
    fn link(&self, opening: &mut Opening<'_>)
    where
        C: SpanParent;
}

impl<C> LinkNone<C> for Linked<C> {
    fn link(&self, _: &mut Opening<'_>)
    where
        C: SpanParent,
    {
    }
}

/// The rules for what may be linked.
pub mod link_prelude {
    pub use super::{LinkMany, LinkNone, LinkOne, LinkReferred};
}

/// The rules for what a future returns.
pub mod future_prelude {
    pub use super::{AnyValue, OutcomeValue, ResultValue, Rule};
}

/// The rules for what a function returns.
pub mod value_prelude {
    pub use super::future_prelude::*;
    pub use super::{FutureValue, StreamValue};
}
