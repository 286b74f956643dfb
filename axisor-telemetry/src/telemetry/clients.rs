//! The telemetry's side that faces the services this one calls.

use std::sync::Arc;

use super::Telemetry;
use crate::database::Database;
use crate::http::HttpClientLayer;

impl Telemetry {
    /// The layer that traces the requests of an HTTP client and sends the context along.
    ///
    /// With a client that is a tower service:
    /// ```
    /// use axisor_telemetry::Telemetry;
    /// use http::{Request, Response};
    /// use tower_layer::Layer as _;
    /// use tower_service::Service;
    ///
    /// fn traced<C, B>(client: C, telemetry: &Telemetry) -> impl Service<Request<B>>
    /// where
    ///     C: Service<Request<B>, Response = Response<B>>,
    /// {
    ///     telemetry.http_client_layer().layer(client)
    /// }
    /// ```
    /// With `reqwest` (feature `reqwest`):
    /// ```
    /// # #[cfg(feature = "reqwest")]
    /// # mod example {
    /// use axisor_telemetry::Telemetry;
    /// use axisor_telemetry::http::UrlTemplate;
    /// use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
    ///
    /// fn client(telemetry: &Telemetry) -> ClientWithMiddleware {
    ///     ClientBuilder::new(reqwest::Client::new())
    ///         .with(telemetry.http_client_layer())
    ///         .build()
    /// }
    ///
    /// async fn position(client: &ClientWithMiddleware, id: u64) -> reqwest_middleware::Result<String> {
    ///     let asked = client.get(format!("http://positions:3000/positions/{id}"));
    ///     let answer = asked.with_extension(UrlTemplate::new("/positions/:id")).send().await?;
    ///     Ok(answer.text().await?)
    /// }
    /// # }
    /// ```
    pub fn http_client_layer(&self) -> HttpClientLayer {
        HttpClientLayer::new(Arc::clone(&self.0.scope))
    }

    /// A database whose calls are traced; `system` is its kind as the conventions call it, [`postgresql`, `redis` and so
    /// on](https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-system-name). [`database`](crate::database)
    /// has an example.
    pub fn database(&self, system: &'static str) -> Database {
        Database::new(Arc::clone(&self.0.scope), system)
    }
}
