//! Spans, and the context that joins them across processes.

mod call;

pub use call::Code;
pub(crate) use call::{CallSpan, Ending};

/// The attribute that says how a call ended, and of a request only that its client left.
pub(crate) const OUTCOME: &str = "axisor.outcome";
