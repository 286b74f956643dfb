//! The harness of the end-to-end tests.
//!
//! | room | what it answers |
//! |---|---|
//! | [`golden`] | plays recordings of the original service and compares what comes out |
//! | [`prometheus`] [`alertmanager`] [`jaeger`] | clients of their APIs |
//! | [`service`] [`page`] | services as processes of their own, and what a page shows |
//! | [`postgres`] [`redis`] [`nginx`] [`server`] [`packages`] | the distribution's servers, started, frozen and stopped |
//! | [`frozen`] | processes that do not run for a while, and are never left like that |
//! | [`chromium`] | the distribution's browser, and the pages it opens and leaves |
//! | [`sentry`] | a Sentry that keeps what it is sent |
//! | [`service_logs`] | services' log lines in the Collector's files |
//! | [`until`](until()) [`ports`] | waiting for a condition, free ports |

pub mod alertmanager;
mod api;
pub mod chromium;
pub mod frozen;
pub mod golden;
pub mod jaeger;
pub mod nginx;
pub mod packages;
pub mod page;
pub mod ports;
pub mod postgres;
pub mod prometheus;
pub mod redis;
pub mod sentry;
pub mod server;
pub mod service;
pub mod service_logs;
mod until;

pub use api::ApiError;
pub use until::{InVain, until};
