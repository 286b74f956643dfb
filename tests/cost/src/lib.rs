//! What `cargo cost` measures: annotated functions, and the telemetry they are called under.
//!
//! A process measures one [`Case`], since a telemetry is installed once in a process. The programs around it count
//! instructions and time (`probe`) and allocations (`allocations`); `cost` runs them and judges.

mod case;
mod function;
mod session;
mod subject;

pub use case::{Case, Form, Scenario, Subject};
pub use session::Session;
pub use subject::ROUND;
