//! Spans, and the context that joins them across processes.

mod call;

pub use call::Code;
pub(crate) use call::{CallSpan, Ending};
