//! The behaviour of the crate through its public door.

mod config;
