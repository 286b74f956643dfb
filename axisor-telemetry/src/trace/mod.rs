//! Spans, and the context that joins them across processes.

mod propagation;

pub(crate) use propagation::{Incoming, Outgoing};
