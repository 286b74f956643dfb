//! Plays recordings of the original service against the SDK and compares what comes out, sample by sample.
//!
//! `tests/golden/README.md` has the format of the recordings and the rules of comparison.
//!
//! A recording goes one way: `recording` and `scenario` read it, a `stage` is set up with the `fixture`
//! application, `play` takes its steps and looks at the series `through` one of three ways, `judge` compares
//! with `compare` and `answers`, `report` says what was found.

pub mod answers;
mod client;
pub mod compare;
mod custom;
pub mod exposition;
mod fixture;
mod judge;
mod play;
mod recording;
mod report;
mod run;
mod scenario;
mod stage;
mod through;

pub use recording::{Recording, RecordingError};
pub use report::{Report, ScenarioReport};
pub use run::{RunError, run};
pub use scenario::ScenarioError;
pub use through::Through;
