//! A telemetry for one test, and assertions on what it recorded. Feature `testing`, for `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! axisor-telemetry = { version = "0.1", features = ["testing"] }
//! ```
//!
//! A [`TestTelemetry`] touches nothing of the process. What runs inside its [`scope`](TestTelemetry::scope) or
//! [`in_scope`](TestTelemetry::in_scope) records there, so tests may run in parallel and each sees its own calls only.
//! Time stands still but for its [`clock`](TestTelemetry::clock), so that sums of durations can be compared too.
//!
//! ```
//! use axisor_telemetry::testing::TestTelemetry;
//! use axisor_telemetry::{instrument_automation, track_margin_guard};
//! use opentelemetry::trace::Status;
//!
//! #[instrument_automation(type = "margin_check")]
//! async fn check_margin(margin: u64) -> Result<(), &'static str> {
//!     if margin < 1_000 {
//!         add_margin("pro", 5_000).await?;
//!     }
//!     Ok(())
//! }
//!
//! #[track_margin_guard(action = "add_margin", plan = plan)]
//! async fn add_margin(plan: &str, sats: u64) -> Result<(), &'static str> {
//!     tracing::info!(target: "axisor::margin", plan, sats, "margin is low");
//!     Err("the wallet is empty")
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let telemetry = TestTelemetry::new();
//! telemetry.scope(check_margin(200)).await.unwrap_err();
//!
//! // These series moved, by so much, and no others.
//! telemetry.assert_recorded(
//!     r#"
//!     axisor_automation_executions_total{automation_type="margin_check",status="failure"} +1
//!     "#,
//! );
//! // These spans ended, and no others.
//! telemetry.assert_spans(
//!     "
//!     check_margin (error: the wallet is empty)
//!       add_margin (error: the wallet is empty)
//!     ",
//! );
//! // More of one of them.
//! telemetry
//!     .span("add_margin")
//!     .assert_child_of("check_margin")
//!     .assert_attribute("axisor.margin_guard.plan", "pro")
//!     .assert_status(&Status::error("the wallet is empty"))
//!     .assert_logged(r#"INFO axisor::margin: margin is low plan=pro sats=5000"#);
//! # }
//! ```
//!
//! | to compare | use |
//! |---|---|
//! | everything that moved, and what a piece of code moved | [`assert_recorded`](TestTelemetry::assert_recorded), [`assert_changes`](TestTelemetry::assert_changes) |
//! | some series, or one with labels from data | [`assert_series`](TestTelemetry::assert_series), [`assert_value`](TestTelemetry::assert_value) |
//! | all of one metric, as a histogram's buckets | [`assert_family`](TestTelemetry::assert_family) |
//! | all spans as a tree; one span | [`assert_spans`](TestTelemetry::assert_spans), [`span`](TestTelemetry::span) |
//! | the log; what was logged in a span | [`assert_log`](TestTelemetry::assert_log), [`TestSpan::assert_logged`] |
//! | failures that Sentry would be told | [`assert_captured`](TestTelemetry::assert_captured) |
//! | what another task or thread does in its own time | [`until`](TestTelemetry::until) and [`ended`](TestTelemetry::ended), before |
//!
//! Expected texts are compared line by line; blank lines around them and a common indentation do not count. A panic
//! points at the test's own line, and shows lines that were expected with `-`, those found instead with `+`:
//!
//! ```text
//! what was recorded is not as expected (-: expected, +: found):
//! - axisor_automation_executions_total{automation_type="margin_check",status="success"} +1
//! + axisor_automation_executions_total{automation_type="margin_check",status="failure"} +1
//! ```
//!
//! # Tasks, threads and servers
//! A task or thread belongs to the telemetry whose scope it was given. [`scope`](TestTelemetry::scope) keeps the
//! current span as its parent; a [`TestTelemetry`] is a handle and can be cloned into wherever it is needed:
//!
//! ```
//! # use axisor_telemetry::{instrument_automation, testing::TestTelemetry};
//! #[instrument_automation(type = "margin_check")]
//! async fn check_margin() {}
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let telemetry = TestTelemetry::new();
//! tokio::spawn(telemetry.scope(check_margin())).await.unwrap();
//! telemetry.assert_spans("check_margin");
//! # }
//! ```
//!
//! Business code that spawns knows no test: what it gives its tasks by OpenTelemetry's `with_current_context` is
//! recorded here as well, only log lines need `tracing`'s `with_current_subscriber` besides. A router with
//! [`http_layer`](crate::Telemetry::http_layer) brings its requests here wherever it is served.
//!
//! What is asked of [`Telemetry::current`](crate::Telemetry::current) or of OpenTelemetry's globals is the installed
//! telemetry's, and not here: hand a [`Telemetry`](crate::Telemetry) to code that records by plain calls.

mod assertions;
mod captured;
mod difference;
mod lines;
mod series;
mod span;
mod spans;
mod telemetry;

pub use series::Series;
pub use span::TestSpan;
pub use telemetry::TestTelemetry;
