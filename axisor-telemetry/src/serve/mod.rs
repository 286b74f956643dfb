//! What others read over HTTP: `/metrics`, `/health`, `/livez` and `/readyz`, in the service's router or in a small server; and
//! where browsers tell how their page loads went.

mod accept;
mod beacon;
mod health;
mod metrics;
mod standalone;

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::HeaderMap;

pub use beacon::{Beacon, BeaconError};
pub(crate) use standalone::standalone;
pub use standalone::{ServeError, Server};

use crate::exposition::Format;
use crate::health::Health;

/// Renders what a scrape gets.
pub(crate) type Exposition =
    Arc<dyn Fn(Format) -> Result<String, Box<dyn Error + Send + Sync>> + Send + Sync>;

/// Where health is asked for. `config` keeps these paths free.
const HEALTH: &str = "/health";
const LIVE: &str = "/livez";
const READY: &str = "/readyz";

/// What is served.
#[derive(Clone)]
pub(crate) struct Endpoints {
    pub(crate) exposition: Exposition,
    pub(crate) health: Arc<Health>,
    /// Where metrics are asked for; nowhere if Prometheus is disabled.
    pub(crate) metrics_path: Option<String>,
}

/// A router to merge into the service's before its layers, so that the endpoints are counted like any route.
pub(crate) fn router(endpoints: Endpoints) -> Router {
    let Endpoints {
        exposition,
        health,
        metrics_path,
    } = endpoints;
    let readiness = Arc::clone(&health);
    let router = Router::new()
        .route(HEALTH, get(move || health::answer(health.clone())))
        .route(LIVE, get(health::live))
        .route(READY, get(move || health::ready(readiness.clone())));
    match metrics_path {
        Some(path) => router.route(
            &path,
            get(move |headers: HeaderMap| async move { metrics::answer(&exposition, &headers) }),
        ),
        None => router,
    }
}
