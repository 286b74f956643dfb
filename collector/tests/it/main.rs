//! The committed configuration against the real programs, and the runner at work.

mod alerts;
mod command_line;
mod compose;
mod configuration;
mod containers;
mod dashboards;
mod lint;
mod names;
mod rules;
mod running;
mod service_levels;
mod sink;
mod starting;
mod support;
