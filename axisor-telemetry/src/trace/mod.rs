//! Spans, and the context that joins them across processes.

mod call;
mod propagation;

pub use call::Code;
pub(crate) use call::{CallSpan, Ending};
pub(crate) use propagation::{Incoming, Outgoing};
