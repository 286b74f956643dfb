//! Spans, and the context that joins them across processes.

mod call;
mod field;
mod filter;
mod parent;

pub use call::Code;
pub(crate) use call::{CallSpan, Ending, link};
pub use field::FieldValue;
pub(crate) use filter::SpanFilter;
pub use parent::SpanParent;

/// The attribute that says how a call ended, and of a request only that its client left.
pub(crate) const OUTCOME: &str = "axisor.outcome";
