//! OpenTelemetry-native instrumentation for Axisor's services.

#[doc(hidden)]
pub mod __private;
mod call;
pub mod catalog;
mod clock;
pub mod config;
mod contained;
pub mod exposition;
pub mod health;
#[cfg(feature = "axum")]
pub mod http;
mod instruments;
mod judge;
pub mod label;
mod logs;
pub mod outcome;
pub mod pipeline;
pub mod poll;
pub mod record;
pub mod redact;
mod scope;
#[cfg(feature = "axum")]
pub mod serve;
mod telemetry;
mod trace;

pub use axisor_telemetry_macros::{instrument_automation, track_margin_guard};
pub use clock::{Clock, Moment};
pub use instruments::{
    Counter, CounterSeries, Gauge, GaugeSeries, Histogram, HistogramSeries, LabelSet, MetricError,
};
pub use label::LabelValue;
pub use outcome::{ExecutionOutcome, Outcome};
pub use pipeline::{ShutdownError, ShutdownReport, SignalReport};
pub use telemetry::{StartError, Telemetry, TelemetryBuilder, TelemetryGuard};
