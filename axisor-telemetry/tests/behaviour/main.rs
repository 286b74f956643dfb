//! Behaviour through the public door, one module a room.

#[cfg(feature = "axum")]
mod app;
mod exposition;
#[cfg(feature = "axum")]
mod health;
#[cfg(feature = "axum")]
mod http;
#[cfg(feature = "axum")]
mod http_spans;
mod poll;
mod seen;
#[cfg(feature = "axum")]
mod serve;
