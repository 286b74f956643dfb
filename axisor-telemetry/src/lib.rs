//! OpenTelemetry-native instrumentation for Axisor's services: the `axisor_*` series, traces and health of the original
//! `MonitoringService`, from attributes on functions and one layer on a router.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use axisor_telemetry::{Telemetry, instrument_automation};
//!
//! #[instrument_automation(type = "margin_check")]
//! fn check_margin(position: u64) -> Result<(), std::io::Error> {
//!     Ok(())
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let telemetry = Telemetry::builder("margin-monitor").init()?;
//!     check_margin(7)?;
//!     println!("{}", telemetry.exposition()?);
//!     println!("{}", telemetry.shutdown(Duration::from_secs(5))?);
//!     Ok(())
//! }
//! ```
//!
//! | to | look at |
//! |---|---|
//! | start, configure and end it | [`Telemetry`], [`TelemetryBuilder`], [`config`] |
//! | count and trace a function | [`instrument_automation`], [`track_margin_guard`], [`ExecutionOutcome`], [`LabelValue`] |
//! | record by a plain call | [`record`], through [`Telemetry::automations`] and its neighbours |
//! | send jobs to a worker and work them off: one trace, waiting time, attempts | [`jobs`], through [`Telemetry::queue`] |
//! | make metrics of your own | [`Telemetry::counter`], [`Telemetry::gauge`], [`Telemetry::histogram`] |
//! | count and trace HTTP requests | [`Telemetry::http_layer`], [`http`](mod@http) |
//! | trace requests to other services and send the context along | [`Telemetry::http_client_layer`] |
//! | trace calls of a database | [`database`], through [`Telemetry::database`] |
//! | trace gRPC calls, as server and as client | `grpc`, a feature |
//! | keep tasks and what goes through channels in their trace | [`task`] |
//! | write log lines with the ids of their trace | [`Telemetry::log_layer`] |
//! | serve `/metrics`, `/health`, `/livez` and `/readyz` | [`Telemetry::router`], [`Telemetry::serve`] |
//! | record page loads and web vitals as browsers measure them | [`Telemetry::beacon`], [`guide::browsers`] |
//! | check what the service depends on, read gauges from its database | [`health`], [`poll`], [`postgres`] |
//! | get from a slow bucket to its trace | [`exposition`] |
//! | test what is counted and traced | `testing`, a feature |
//! | know every series | [`catalog`] |
//! | know why nothing arrives | `doctor`, a feature |
//! | know what was sent and lost | [`ShutdownReport`], [`pipeline`] |
//! | read on | [`guide`]: the attributes, and beside those of other crates; browsers; architecture; moving from prom-client; [`config`]: every setting |
//!
//! # Features
//!
//! | feature | default | brings |
//! |---|---|---|
//! | `axum` | yes | the HTTP layer, `/metrics` and `/health` as a router, the small server for workers, the endpoint for browsers |
//! | `grpc` | yes | OTLP over gRPC; health checks of gRPC services and an LND node |
//! | `axum` | yes | the HTTP layer, `/metrics` and `/health` as a router, the small server for workers |
//! | `grpc` | yes | OTLP over gRPC; layers for tonic; health checks of gRPC services and an LND node |
//! | `http` | | OTLP over HTTP with protobuf bodies |
//! | `tls` | | `https://` towards the Collector and Sentry, and in HTTP health checks |
//! | `http-check` | | health check of an HTTP API, LN Markets' by default |
//! | `reqwest` | | the HTTP client layer as a middleware of `reqwest-middleware` 0.5 |
//! | `redis` | | health check over your own `redis` 1 connection |
//! | `sqlx` | | health check and polls over your own `sqlx` 0.8 pool |
//! | `deadpool-postgres` | | the same over your own `deadpool-postgres` 0.14 pool |
//! | `sentry` | | errors and panics to Sentry; brings `http` |
//! | `runtime` | | metrics of the process and of its tokio runtime, by OpenTelemetry's own crates |
//! | `doctor` | | a canary through Collector, Prometheus and Jaeger, and the name of the hop that lost it; brings `http` and `tls` |
//! | `testing` | | a telemetry for one test, and assertions on its series, spans and log lines |

#[doc(hidden)]
pub mod __private;
mod call;
pub mod catalog;
mod clock;
pub mod config;
#[cfg(any(feature = "doctor", feature = "http-check"))]
mod connector;
mod contained;
pub mod database;
#[cfg(feature = "doctor")]
pub mod doctor;
pub mod exposition;
#[cfg(feature = "grpc")]
pub mod grpc;
pub mod guide;
pub mod health;
mod here;
pub mod http;
mod instruments;
pub mod jobs;
mod judge;
pub mod label;
mod logs;
pub mod outcome;
pub mod pipeline;
pub mod poll;
pub mod postgres;
pub mod record;
pub mod redact;
mod remote;
mod scope;
#[cfg(feature = "axum")]
pub mod serve;
mod shard;
mod shown;
pub mod task;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod trace;

pub use axisor_telemetry_macros::{LabelValue, instrument_automation, track_margin_guard};
pub use clock::{Clock, Moment};
pub use instruments::{
    Counter, CounterSeries, Gauge, GaugeSeries, Histogram, HistogramSeries, LabelSet, MetricError,
};
pub use label::LabelValue;
pub use outcome::{ExecutionOutcome, Outcome};
pub use pipeline::{ShutdownError, ShutdownReport, SignalReport};
pub use telemetry::{StartError, Telemetry, TelemetryBuilder, TelemetryGuard};
pub use trace::{FieldValue, SpanParent};

/// The README's program is compiled with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
