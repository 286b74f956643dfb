//! Spans, and the context that joins them across processes.

mod call;
mod ended;
mod failure;
mod field;
mod filter;
#[cfg(any(feature = "axum", feature = "grpc"))]
mod incoming;
mod live;
mod parent;
mod propagation;
mod sampling;
mod spans;

pub use call::Code;
pub(crate) use call::{CallSpan, Ending, link, may_have_span_here};
pub(crate) use ended::{Attribute, CallResult, EndedSpan, count};
#[cfg(feature = "axum")]
pub(crate) use failure::Route;
pub(crate) use failure::{Failure, FailureSink, Place, Seen};
pub use field::FieldValue;
pub(crate) use filter::SpanFilter;
#[cfg(any(feature = "axum", feature = "grpc"))]
pub(crate) use incoming::Callers;
#[cfg(test)]
pub(crate) use live::Added;
pub use parent::SpanParent;
pub(crate) use propagation::Propagation;
pub(crate) use sampling::Sampling;
pub(crate) use spans::{Limits, SpanSink, Spans};

/// The attribute that says how a call ended, and of a request only that its client left.
pub(crate) const OUTCOME: &str = "axisor.outcome";
