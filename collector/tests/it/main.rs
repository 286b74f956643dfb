//! The committed configuration against the real programs, and the runner at work.

mod command_line;
mod compose;
mod configuration;
mod containers;
mod names;
mod rules;
mod running;
mod starting;
mod support;
