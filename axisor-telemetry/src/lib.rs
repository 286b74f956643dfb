//! OpenTelemetry-native instrumentation for Axisor's services.

pub mod catalog;
mod clock;
mod contained;
pub mod health;
#[cfg(feature = "axum")]
pub mod http;
mod instruments;
pub mod label;
pub mod poll;
mod scope;
#[cfg(feature = "axum")]
pub mod serve;
