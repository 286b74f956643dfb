//! The attributes of axisor-telemetry.
