//! The telemetry's side that faces HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;

use super::Telemetry;
use crate::http::HttpLayer;
use crate::serve::{self, Beacon, Endpoints, ServeError, Server};
use crate::trace::Callers;

impl Telemetry {
    /// The layer that counts, times and traces requests: the last one to give to a router.
    ///
    /// With `prometheus.enabled = false` it makes spans only.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use axisor_telemetry::Telemetry;
    ///
    /// fn app(telemetry: &Telemetry) -> Router {
    ///     Router::new()
    ///         .route("/api/users/{id}", get(|| async { "Ada" }))
    ///         .merge(telemetry.router())
    ///         .layer(telemetry.http_layer())
    /// }
    /// ```
    pub fn http_layer(&self) -> HttpLayer {
        let callers = Callers::of(self.0.config.traces.trust_incoming_sampling);
        let layer = HttpLayer::new(Arc::clone(&self.0.scope), callers);
        if self.0.config.prometheus.enabled {
            layer
        } else {
            layer.without_metrics()
        }
    }

    /// `GET /health`, `/livez` and `/readyz`, and the exposition at `prometheus.path` if Prometheus is enabled.
    ///
    /// Merge it before [`http_layer`](Self::http_layer) is given, so that the endpoints are counted too.
    ///
    /// # Panics
    /// Not here, but in [`Router::merge`] if the other router already answers `GET` at one of these or at
    /// `prometheus.path`.
    pub fn router(&self) -> Router {
        self.keep_rounds();
        let prometheus = &self.0.config.prometheus;
        let telemetry = self.clone();
        serve::router(Endpoints {
            exposition: Arc::new(move |format| Ok(telemetry.exposition_in(format)?)),
            health: Arc::clone(&self.0.health),
            metrics_path: prometheus.enabled.then(|| prometheus.path.clone()),
        })
    }

    /// Begins an endpoint where browsers tell how loads of these pages went, each a path as a page's own router writes it:
    /// `/positions/:id`, `/docs/*`. They stand in the code, so the series are known beforehand; what fits none of them is
    /// `other`. [`Beacon`] says what is taken and refused.
    ///
    /// ```
    /// use axisor_telemetry::Telemetry;
    /// use axisor_telemetry::serve::BeaconError;
    /// use axum::Router;
    ///
    /// fn app(telemetry: &Telemetry) -> Result<Router, BeaconError> {
    ///     let beacon = telemetry.beacon(["/", "/positions", "/positions/:id"]);
    ///     Ok(Router::new()
    ///         .merge(beacon.router()?) // and in the pages: <script src="/beacon.js" async></script>
    ///         .layer(telemetry.http_layer()))
    /// }
    /// ```
    pub fn beacon(&self, pages: impl IntoIterator<Item = &'static str>) -> Beacon {
        Beacon::new(Arc::clone(&self.0.scope), pages)
    }

    /// Serves [`router`](Self::router) on `prometheus.port` of every interface: for a service that has no web
    /// server, such as a worker.
    ///
    /// # Errors
    /// [`ServeError`] if the port cannot be had.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn serve(&self) -> Result<Server, ServeError> {
        let addr = SocketAddr::from((Ipv4Addr::UNSPECIFIED, self.0.config.prometheus.port));
        let health = Arc::clone(&self.0.health);
        serve::standalone(addr, self.router(), self.http_layer(), health).await
    }
}
