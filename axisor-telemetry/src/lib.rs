//! OpenTelemetry-native instrumentation for Axisor's services.

pub mod catalog;
mod clock;
pub mod config;
mod instruments;
pub mod label;
pub mod redact;
mod scope;
