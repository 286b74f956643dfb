//! OpenTelemetry-native instrumentation for Axisor's services.

pub mod catalog;
mod clock;
mod instruments;
pub mod label;
mod scope;
