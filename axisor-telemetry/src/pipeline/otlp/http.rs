//! OTLP over HTTP with protobuf bodies.

use std::io::Write as _;
#[cfg(feature = "tls")]
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use prost::Message as _;

use super::causes::with_causes;
use super::{Connection, Failure, Retry, Sending};
use crate::config::{Compression, Otlp, Secret};

#[cfg(not(feature = "tls"))]
type Connector = HttpConnector;
#[cfg(feature = "tls")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;

/// More than any answer to an export says.
const MAX_ANSWER: usize = 1 << 20;

/// A client, the URL of the signal and the headers of every call.
struct Http {
    client: Client<Connector, Full<Bytes>>,
    url: Uri,
    headers: HeaderMap,
    compression: Compression,
}

/// # Errors
/// What is wrong with the endpoint, the headers or the certificates.
pub(super) fn connect(
    otlp: &Otlp,
    content_type: &'static str,
) -> Result<Box<dyn Connection>, String> {
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(with_tls(tcp(otlp.timeout), otlp)?);
    let url = otlp.endpoint.parse();
    Ok(Box::new(Http {
        client,
        url: url.map_err(|_| format!("`{}` is no URL", otlp.endpoint))?,
        headers: headers(otlp, content_type)?,
        compression: otlp.compression,
    }))
}

impl Connection for Http {
    /// The URL already names the service.
    fn send(&self, _: &'static str, message: Bytes) -> Sending<'_> {
        Box::pin(self.post(message))
    }
}

impl Http {
    async fn post(&self, message: Bytes) -> Result<Bytes, Failure> {
        let answer = self.client.request(self.request(message)?).await;
        let answer = answer.map_err(|error| unreachable(&error))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| unreachable(&*error))?.to_bytes();
        if head.status.is_success() {
            return Ok(body);
        }
        Err(failure(&head, body))
    }

    fn request(&self, mut body: Bytes) -> Result<Request<Full<Bytes>>, Failure> {
        if self.compression == Compression::Gzip {
            body = gzip(&body).map(Bytes::from).map_err(|error| Failure {
                retry: Retry::Never,
                why: error.to_string(),
            })?;
        }
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}

fn tcp(timeout: Duration) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_connect_timeout(Some(timeout));
    tcp.set_nodelay(true);
    tcp
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unnecessary_wraps, reason = "certificates may be wrong")]
fn with_tls(tcp: HttpConnector, _: &Otlp) -> Result<Connector, String> {
    Ok(tcp)
}

/// With a provider of its own, as the process may have none or another.
#[cfg(feature = "tls")]
fn with_tls(mut tcp: HttpConnector, otlp: &Otlp) -> Result<Connector, String> {
    let roots = if otlp.is_tls() {
        super::tls::roots(otlp)?
    } else {
        rustls::RootCertStore::empty()
    };
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    tcp.enforce_http(false);
    Ok(Connector::from((tcp, tls)))
}

/// What every request says: what the configuration gives, the user agent unless given, and the body's type.
fn headers(otlp: &Otlp, content_type: &'static str) -> Result<HeaderMap, String> {
    let agent = concat!("axisor-telemetry/", env!("CARGO_PKG_VERSION"));
    let mut map = HeaderMap::with_capacity(otlp.headers.len() + 3);
    map.insert(USER_AGENT, HeaderValue::from_static(agent));
    for (name, value) in &otlp.headers {
        let (name, value) = header(name, value)?;
        map.insert(name, value);
    }
    map.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if otlp.compression == Compression::Gzip {
        map.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(map)
}

fn header(name: &str, value: &Secret) -> Result<(HeaderName, HeaderValue), String> {
    let key = name.parse();
    let key = key.map_err(|_| format!("`{name}` is no header name"))?;
    let value = value.expose().parse();
    let value = value.map_err(|_| format!("value of header `{name}` is not ASCII"))?;
    Ok((key, value))
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

fn unreachable(error: &dyn std::error::Error) -> Failure {
    Failure {
        retry: Retry::WithBackoff,
        why: with_causes(error),
    }
}

/// The statuses the OTLP specification calls retryable.
fn failure(head: &Parts, body: Bytes) -> Failure {
    let retry = match head.status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => retry_after(head).map_or(Retry::WithBackoff, Retry::After),
        _ => Retry::Never,
    };
    let said = RpcStatus::decode(body)
        .map(|status| status.message)
        .unwrap_or_default();
    Failure {
        retry,
        why: format!("status {} {}", head.status, said)
            .trim_end()
            .to_owned(),
    }
}

/// The body of a failed answer, `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(string, tag = "2")]
    message: String,
}

fn retry_after(head: &Parts) -> Option<Duration> {
    let seconds = head.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
