//! Jobs that one process puts into a queue and another works off: what goes along, and what is recorded of them.
//!
//! The producer puts a [`JobCarrier`] beside its payload, the worker gives it back. The job's trace goes on in the worker, and
//! how long the job waited is known.
//! ```
//! use axisor_telemetry::Telemetry;
//! use axisor_telemetry::jobs::JobCarrier;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct MarginCheck {
//!     position: u64,
//!     #[serde(flatten)]
//!     carrier: JobCarrier,
//! }
//!
//! async fn produce(telemetry: &Telemetry, position: u64) -> Result<(), std::io::Error> {
//!     let queue = telemetry.queue("margin-checks");
//!     queue
//!         .send(async |carrier| push(&MarginCheck { position, carrier }).await)
//!         .await
//! }
//!
//! async fn work(telemetry: &Telemetry, job: MarginCheck) -> Result<(), std::io::Error> {
//!     let queue = telemetry.queue("margin-checks");
//!     queue.process(&job.carrier, check(job.position)).await
//! }
//! # async fn push(_: &MarginCheck) -> Result<(), std::io::Error> { Ok(()) }
//! # async fn check(_: u64) -> Result<(), std::io::Error> { Ok(()) }
//! ```
//! | series | what it says |
//! |---|---|
//! | `axisor_worker_jobs_sent_total{queue,status}` | jobs handed to the queue by [`Queue::send`] |
//! | `axisor_worker_job_attempts_total{queue,status}` | attempts at jobs, `success` or `failure`; a panic and a dropped future are failures |
//! | `axisor_worker_job_retries_total{queue}` | those that were not the job's first |
//! | `axisor_worker_job_duration_seconds{queue,status}` | how long attempts took |
//! | `axisor_worker_job_wait_duration_seconds{queue}` | how long jobs had waited when an attempt began |
//! | `axisor_worker_jobs_in_flight{queue}` | attempts under way |
//! | `axisor_worker_job_carriers_unreadable_total{queue}` | attempts at jobs whose carrier could not be read |
//! | `axisor_worker_queue_size{queue}` | how many jobs wait |
//!
//! How many jobs wait is a value of the whole queue, which no worker knows from what it does: ask the queue. A
//! [poll](crate::poll::Polled::QueueSize) does it at intervals, and the gauge is true while nobody works;
//! [`Queues::set_size`](crate::record::Queues::set_size) takes a number you have.
//!
//! A queue's name is a label. One of an enum that derives [`LabelValue`](crate::LabelValue) always has its own series; other
//! text has up to the family's bound, and becomes `other` past it.

mod carrier;
mod limits;
mod queue;

pub use carrier::JobCarrier;
pub use queue::Queue;
