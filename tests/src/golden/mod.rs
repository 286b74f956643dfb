//! Plays recordings of the original service against the SDK and compares what comes out, sample by sample.
//!
//! `tests/golden/README.md` has the format of the recordings and the rules of comparison.

pub mod answers;
pub mod compare;
pub mod exposition;
