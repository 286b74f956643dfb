//! OpenTelemetry-native instrumentation for Axisor's services.

pub mod catalog;
mod clock;
pub mod config;
mod contained;
pub mod exposition;
pub mod health;
#[cfg(feature = "axum")]
pub mod http;
mod instruments;
pub mod label;
mod logs;
pub mod pipeline;
pub mod poll;
pub mod redact;
mod scope;
#[cfg(feature = "axum")]
pub mod serve;
mod telemetry;

pub use clock::{Clock, Moment};
pub use instruments::{
    Counter, CounterSeries, Gauge, GaugeSeries, Histogram, HistogramSeries, LabelSet, MetricError,
};
pub use pipeline::{ShutdownError, ShutdownReport, SignalReport};
pub use telemetry::{StartError, Telemetry, TelemetryBuilder, TelemetryGuard};
