//! Where requests enter: the tower layer that counts, times and traces them.
//!
//! A request is one [`HttpLayer`] away from both HTTP series, its own aborted series and a server span:
//! `router.layer(telemetry.http_layer())`. It is counted once, when its body has been handed over to the end.

mod body;
mod exchange;
mod layer;
mod route;
mod service;
mod span;

pub use body::{BodyError, HttpBody};
pub use layer::HttpLayer;
pub use service::{HttpFuture, HttpService};
