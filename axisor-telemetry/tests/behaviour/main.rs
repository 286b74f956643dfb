//! What axisor-telemetry does, seen through its public door: a module for each room.

mod added;
#[cfg(feature = "axum")]
mod app;
mod arguments;
mod attributes;
#[cfg(feature = "axum")]
mod beacon;
mod business;
#[cfg(feature = "axum")]
mod clients;
mod config;
#[cfg(feature = "axum")]
mod conventions;
mod custom;
mod database;
mod exemplars;
#[cfg(all(feature = "axum", feature = "http"))]
mod export;
mod exporters;
mod exposition;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "axum")]
mod health;
#[cfg(feature = "axum")]
mod http;
#[cfg(feature = "axum")]
mod http_spans;
#[cfg(feature = "axum")]
mod incoming;
mod jobs;
mod logs;
#[cfg(all(feature = "axum", feature = "http"))]
mod logs_sent;
mod openmetrics;
mod poll;
mod programs;
mod recorded;
#[cfg(feature = "axum")]
mod rounds;
mod seen;
#[cfg(feature = "axum")]
mod serve;
mod task;
mod testing;
