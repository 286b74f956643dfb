//! Another service of the system, called over HTTP so that the trace goes along.

use std::time::Duration;

use axisor_telemetry::Telemetry;
use http::{HeaderMap, Method, StatusCode};
use opentelemetry::trace::{
    FutureExt as _, SpanKind, SpanRef, Status, TraceContextExt as _, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use reqwest::{Client, Url};
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
        source: reqwest::Error,
    },
}

/// A service that this one calls.
#[derive(Debug, Clone)]
pub struct Peer {
    name: &'static str,
    base: Url,
    http: Client,
    telemetry: Telemetry,
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
        Self {
            name,
            base,
            http: http.expect("an HTTP client without TLS needs nothing"),
            telemetry: telemetry.clone(),
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
        let context = self.start_span(request);
        let sending = async {
            let mut headers = HeaderMap::new();
            self.telemetry.inject(&mut headers);
            self.send(request, headers, body).await
        };
        let answer = sending.with_context(context.clone()).await;
        end_span(&context.span(), &answer);
        answer?.json().await.map_err(|error| self.unanswered(error))
    }

    async fn send(
        &self,
        request: &Request<'_>,
        headers: HeaderMap,
        body: Option<&impl Serialize>,
    ) -> Result<reqwest::Response, CallError> {
        let mut url = self.base.clone();
        url.set_path(&request.path);
        let mut sent = self
            .http
            .request(request.method.clone(), url)
            .headers(headers);
        if let Some(body) = body {
            sent = sent.json(body);
        }
        let answer = sent.send().await.map_err(|error| self.unanswered(error))?;
        let (service, status) = (self.name, answer.status());
        if status.is_success() {
            return Ok(answer);
        }
        Err(CallError::Answered { service, status })
    }

    fn start_span(&self, request: &Request<'_>) -> Context {
        let tracer = self.telemetry.tracer();
        let host = self.base.host_str().unwrap_or_default().to_owned();
        let port = self.base.port_or_known_default().unwrap_or_default();
        let span = tracer
            .span_builder(format!("{} {}", request.method, request.route))
            .with_kind(SpanKind::Client)
            .with_attributes([
                KeyValue::new("http.request.method", request.method.to_string()),
                KeyValue::new("url.template", request.route.to_owned()),
                KeyValue::new("server.address", host),
                KeyValue::new("server.port", i64::from(port)),
                KeyValue::new("peer.service", self.name),
            ])
            .start(&tracer);
        Context::current_with_span(span)
    }

    fn unanswered(&self, source: reqwest::Error) -> CallError {
        let service = self.name;
        CallError::Unanswered { service, source }
    }
}

fn end_span(span: &SpanRef<'_>, answer: &Result<reqwest::Response, CallError>) {
    let status = match answer {
        Ok(answer) => Some(answer.status()),
        Err(CallError::Answered { status, .. }) => Some(*status),
        Err(CallError::Unanswered { .. }) => None,
    };
    if let Some(status) = status {
        let code = i64::from(status.as_u16());
        span.set_attribute(KeyValue::new("http.response.status_code", code));
    }
    if let Err(error) = answer {
        let kind = status.map_or("unanswered".to_owned(), |status| status.as_str().to_owned());
        span.set_attribute(KeyValue::new("error.type", kind));
        span.set_status(Status::error(error.to_string()));
    }
    span.end();
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
