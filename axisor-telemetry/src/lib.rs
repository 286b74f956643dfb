//! OpenTelemetry-native instrumentation for Axisor's services.

#[doc(hidden)]
pub mod __private;
mod call;
pub mod catalog;
mod clock;
mod instruments;
mod judge;
pub mod label;
pub mod outcome;
pub mod record;
mod redact;
mod scope;
mod trace;

pub use axisor_telemetry_macros::{instrument_automation, track_margin_guard};
pub use label::LabelValue;
pub use outcome::{ExecutionOutcome, Outcome};
