//! What only real servers can prove: faults made for real, what `/health` and the gauges show meanwhile, and the recovery.
//!
//! With `--nocapture` each fault prints its row of the table.

mod dashboards;
mod herd;
mod http;
mod jobs;
mod lnd;
mod openmetrics;
mod polls;
mod postgres;
mod redis;
mod watched;
