//! What axisor-telemetry does, through its public door.

mod attributes;
mod recorded;
