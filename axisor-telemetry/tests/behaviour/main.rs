//! What axisor-telemetry does, through its public door: a module a room.

mod attributes;
mod exposition;
mod recorded;
