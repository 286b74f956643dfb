//! The client span of a request: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span>.

use std::sync::Arc;

use http::uri::Scheme;
use http::{Extensions, HeaderMap, Method, StatusCode, Uri, Version, header};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanBuilder, SpanKind};
use opentelemetry_semantic_conventions::attribute;

use super::super::{method, version};
use super::{ResendCount, UrlTemplate};
use crate::redact;
use crate::remote::Remote;
use crate::scope::Scope;
use crate::shown::short;

/// What stands in a URL in place of what is nobody's business, as the conventions have it.
const HIDDEN: &str = "REDACTED";

/// What is known of a request before it is sent.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) extensions: &'a Extensions,
}

/// Starts the span of the request with this head; its context is in `headers` from then on.
pub(super) fn start(scope: &Arc<Scope>, head: Head<'_>, headers: &mut HeaderMap) -> Remote {
    let host = Host::of(head.uri, headers);
    let builder = builder(head, &host);
    let remote = Remote::send(scope, builder, headers);
    if remote.span().is_recording() {
        let url = url(head.uri, &host);
        remote.set(attribute::URL_FULL, url);
    }
    remote
}

/// Ends the span of a request that was answered.
pub(super) fn answered(remote: Remote, status: StatusCode, version: Version) {
    let code = i64::from(status.as_u16());
    remote.set(attribute::HTTP_RESPONSE_STATUS_CODE, code);
    if let Some(version) = version::number(version) {
        remote.set(attribute::NETWORK_PROTOCOL_VERSION, version);
    }
    let failed = status.is_client_error() || status.is_server_error();
    remote.end(failed.then(|| status.as_str().to_owned()));
}

fn builder(head: Head<'_>, host: &Host) -> SpanBuilder {
    let method = method::known(head.method);
    let template = head.extensions.get::<UrlTemplate>();
    let template = template.map(|template| &*template.0);
    let name = method::span_name(method, template);
    let resent = head.extensions.get::<ResendCount>();
    let texts = [
        (attribute::HTTP_REQUEST_METHOD, Some(method)),
        (
            attribute::HTTP_REQUEST_METHOD_ORIGINAL,
            method::original(head.method),
        ),
        (attribute::URL_TEMPLATE, template),
        (attribute::SERVER_ADDRESS, host.name.as_deref()),
    ];
    let numbers = [
        (attribute::SERVER_PORT, host.port.map(i64::from)),
        (
            attribute::HTTP_REQUEST_RESEND_COUNT,
            resent.map(|count| i64::from(count.0)),
        ),
    ];
    let texts = texts
        .into_iter()
        .filter_map(|(key, text)| Some(KeyValue::new(key, short(text?).to_owned())));
    let numbers = numbers
        .into_iter()
        .filter_map(|(key, number)| Some(KeyValue::new(key, number?)));
    SpanBuilder::from_name(name)
        .with_kind(SpanKind::Client)
        .with_attributes(texts.chain(numbers))
}

/// Who is asked.
struct Host {
    name: Option<String>,
    port: Option<u16>,
}

impl Host {
    /// From the URI, or where that is a path alone, as on a connection that is there already, from the header.
    fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let header = || headers.get(header::HOST)?.to_str().ok()?.parse().ok();
        let authority = uri.authority().cloned().or_else(header);
        let default = if uri.scheme() == Some(&Scheme::HTTPS) {
            443
        } else {
            80
        };
        Self {
            name: authority.as_ref().map(|it| it.host().to_owned()),
            port: authority.map(|it| it.port_u16().unwrap_or(default)),
        }
    }
}

/// The URL without what is nobody's business.
fn url(uri: &Uri, host: &Host) -> String {
    let scheme = uri.scheme_str().unwrap_or("http");
    let has_user = uri.authority().is_some_and(|it| it.as_str().contains('@'));
    let user = if has_user { "REDACTED:REDACTED@" } else { "" };
    let name = host.name.as_deref().unwrap_or_default();
    let port = uri.port().map(|port| format!(":{port}"));
    let port = port.unwrap_or_default();
    let path = redact::text(uri.path());
    let query = uri.query().map(hidden).unwrap_or_default();
    let url = format!("{scheme}://{user}{name}{port}{path}{query}");
    short(&url).to_owned()
}

/// A query with its names alone.
fn hidden(query: &str) -> String {
    let hide = |pair: &str| match pair.split_once('=') {
        Some((name, _)) => format!("{}={HIDDEN}", redact::text(name)),
        None => HIDDEN.to_owned(),
    };
    let pairs: Vec<String> = query.split('&').map(hide).collect();
    format!("?{}", pairs.join("&"))
}
