//! Where requests enter and leave: the tower layers that trace them, and that count and time those that enter.
//!
//! A request that enters is one [`HttpLayer`] away from both HTTP series, its own aborted series and a server span:
//! `router.layer(telemetry.http_layer())`. It is counted once, when its body has been handed over to the end. One that
//! leaves is one [`HttpClientLayer`] away from a client span, and takes its context along.

#[cfg(feature = "axum")]
mod body;
mod client;
#[cfg(feature = "axum")]
mod exchange;
#[cfg(feature = "axum")]
mod layer;
mod method;
#[cfg(feature = "axum")]
mod route;
#[cfg(feature = "axum")]
mod service;
#[cfg(feature = "axum")]
mod span;
mod version;

#[cfg(feature = "axum")]
pub use body::{BodyError, HttpBody};
pub use client::{HttpClientFuture, HttpClientLayer, HttpClientService, ResendCount, UrlTemplate};
#[cfg(feature = "axum")]
pub use layer::HttpLayer;
#[cfg(feature = "axum")]
pub use service::{HttpFuture, HttpService};
