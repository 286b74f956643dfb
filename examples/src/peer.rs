//! Another service of the system, called over HTTP so that the trace goes along.

use std::time::Duration;

use axisor_telemetry::Telemetry;
use axisor_telemetry::http::UrlTemplate;
use http::{Method, StatusCode};
use reqwest::{Client, Url};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why a call of another service came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It answered, with something else than success.
    #[error("{service} answered {status}")]
    Answered {
        /// Who was called.
        service: &'static str,
        /// What it answered.
        status: StatusCode,
    },
    /// It did not answer, or what it answered cannot be read.
    #[error("{service} gave no answer")]
    Unanswered {
        /// Who was called.
        service: &'static str,
        /// Why.
        source: reqwest_middleware::Error,
    },
}

/// A service that this one calls.
#[derive(Debug, Clone)]
pub struct Peer {
    name: &'static str,
    base: Url,
    http: ClientWithMiddleware,
}

/// One request, by its route and the path that fills it in.
struct Request<'a> {
    method: Method,
    route: &'a str,
    path: String,
}

impl Peer {
    /// The service `name` at `base`, called with spans of `telemetry`.
    ///
    /// # Panics
    /// If the system has no random numbers or certificates for an HTTP client.
    #[must_use]
    pub fn new(name: &'static str, base: Url, telemetry: &Telemetry) -> Self {
        let http = Client::builder().no_proxy().timeout(TIMEOUT).build();
        let http = http.expect("an HTTP client without TLS needs nothing");
        let http = ClientBuilder::new(http).with(telemetry.http_client_layer());
        Self {
            name,
            base,
            http: http.build(),
        }
    }

    /// Gets what is at `route`, such as `/positions/:id`, with its parameters replaced by `values` in order.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn get<A: DeserializeOwned>(
        &self,
        route: &str,
        values: &[&str],
    ) -> Result<A, CallError> {
        let request = Request::new(Method::GET, route, values);
        self.call(&request, None::<&()>).await
    }

    /// Posts `body` to `route`, as [`get`](Self::get).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn post<A: DeserializeOwned>(
        &self,
        route: &str,
        values: &[&str],
        body: &impl Serialize,
    ) -> Result<A, CallError> {
        let request = Request::new(Method::POST, route, values);
        self.call(&request, Some(body)).await
    }

    /// Sends below a client span, whose context goes along in the headers.
    async fn call<A: DeserializeOwned>(
        &self,
        request: &Request<'_>,
        body: Option<&impl Serialize>,
    ) -> Result<A, CallError> {
        let mut url = self.base.clone();
        url.set_path(&request.path);
        let route = UrlTemplate::new(request.route.to_owned());
        let mut asked = self.http.request(request.method.clone(), url);
        if let Some(body) = body {
            asked = asked.json(body);
        }
        let answer = asked.with_extension(route).send().await;
        let answer = answer.map_err(|error| self.unanswered(error))?;
        let (service, status) = (self.name, answer.status());
        if !status.is_success() {
            return Err(CallError::Answered { service, status });
        }
        let read = answer.json().await;
        read.map_err(|error| self.unanswered(error.into()))
    }

    fn unanswered(&self, source: reqwest_middleware::Error) -> CallError {
        let service = self.name;
        CallError::Unanswered { service, source }
    }
}

impl<'a> Request<'a> {
    fn new(method: Method, route: &'a str, values: &[&str]) -> Self {
        let path = filled(route, values);
        Self {
            method,
            route,
            path,
        }
    }
}

/// `/positions/:id` with its parameters replaced.
fn filled(route: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let fill = |part: &str| match part.strip_prefix(':') {
        Some(_) => (*values.next().unwrap_or(&"")).to_owned(),
        None => part.to_owned(),
    };
    route.split('/').map(fill).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_filled_in_in_order() {
        let path = filled("/users/:id/positions/:position", &["3", "7"]);
        assert_eq!(path, "/users/3/positions/7");
        assert_eq!(filled("/notifications", &[]), "/notifications");
    }
}
