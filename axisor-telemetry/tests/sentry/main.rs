//! Errors and panics at a Sentry that parses envelopes with Sentry's own types. A process of its own, since panics are
//! everybody's.
#![cfg(all(feature = "sentry", feature = "axum"))]

mod calls;
mod panics;
mod requests;
mod server;
mod start;
