//! The server span of a request, after the semantic conventions for HTTP 1.x to 3.
//!
//! No query string and nothing of the body: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, OriginalUri};
use http::{Request, StatusCode, header};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanBuilder, SpanKind, SpanRef, Status};
use opentelemetry_semantic_conventions::attribute;

use super::exchange::End;
use super::{method, version};
use crate::shown::short;
use crate::trace::OUTCOME;

/// What is known of the span when the request arrives; samplers decide on it.
pub(super) fn builder<B>(
    request: &Request<B>,
    method: &'static str,
    route: Option<&str>,
) -> SpanBuilder {
    SpanBuilder::from_name(method::span_name(method, route))
        .with_kind(SpanKind::Server)
        .with_attributes(attributes(request, method))
}

/// Says which route answered and how the request ended, and ends the span.
///
/// The route is told only here: on a span nothing is taken back, and a wrong method is known from the answer.
/// It is not among what the conventions want samplers to see.
pub(super) fn end(span: &SpanRef<'_>, route: Option<String>, status: Option<StatusCode>, end: End) {
    if let Some(route) = route {
        span.set_attribute(KeyValue::new(attribute::HTTP_ROUTE, route));
    }
    if let Some(status) = status {
        let code = i64::from(status.as_u16());
        span.set_attribute(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, code));
    }
    if end == End::ClientLeft {
        span.set_attribute(KeyValue::new(OUTCOME, "cancelled"));
    }
    if let Some(error) = error_type(status, end) {
        span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, error));
        span.set_status(Status::error(""));
    }
    span.end();
}

pub(super) fn error_type(status: Option<StatusCode>, end: End) -> Option<String> {
    let error = match end {
        End::HandlerPanicked | End::BodyPanicked => "panic",
        End::BodyBroke => "broken_body",
        End::ServiceFailed => "service_error",
        End::Complete | End::ClientLeft => {
            let failed = status.filter(StatusCode::is_server_error)?;
            return Some(failed.as_str().to_owned());
        }
    };
    Some(error.to_owned())
}

fn attributes<B>(request: &Request<B>, method: &'static str) -> Vec<KeyValue> {
    let original = method::original(request.method());
    let texts = [
        (attribute::HTTP_REQUEST_METHOD, Some(method)),
        (attribute::HTTP_REQUEST_METHOD_ORIGINAL, original),
        (attribute::URL_PATH, Some(path(request))),
        (
            attribute::URL_SCHEME,
            Some(request.uri().scheme_str().unwrap_or("http")),
        ),
        (attribute::USER_AGENT_ORIGINAL, user_agent(request)),
        (
            attribute::NETWORK_PROTOCOL_VERSION,
            version::number(request.version()),
        ),
    ];
    let texts = texts
        .into_iter()
        .filter_map(|(key, text)| Some(KeyValue::new(key, short(text?).to_owned())));
    texts.chain(client_address(request)).collect()
}

/// The path as the client wrote it: inside a nested router the prefix is gone from the request's own.
fn path<B>(request: &Request<B>) -> &str {
    let original = request.extensions().get::<OriginalUri>();
    original
        .map_or(request.uri(), |original| &original.0)
        .path()
}

fn user_agent<B>(request: &Request<B>) -> Option<&str> {
    request.headers().get(header::USER_AGENT)?.to_str().ok()
}

fn client_address<B>(request: &Request<B>) -> Option<KeyValue> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    Some(KeyValue::new(
        attribute::CLIENT_ADDRESS,
        peer.ip().to_string(),
    ))
}
