//! OTLP over gRPC.

use std::error::Error as _;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes};
use http::uri::PathAndQuery;
use tonic::client::Grpc as Client;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Extensions, Request, Status};

use super::causes::with_causes;
use super::{Connection, Failure, Retry, Sending};
use crate::config::{Compression, Otlp, Secret};

/// A lazily connected channel and the metadata of every call.
struct Grpc {
    channel: Channel,
    headers: MetadataMap,
    compression: Compression,
}

/// gRPC says itself what its messages are.
///
/// # Errors
/// What is wrong with the endpoint, the headers or the certificates.
pub(super) fn connect(otlp: &Otlp, _: &str) -> Result<Box<dyn Connection>, String> {
    let endpoint =
        Endpoint::from_shared(otlp.endpoint.clone()).map_err(|error| error.to_string())?;
    let channel = with_tls(endpoint, otlp)?
        .user_agent(concat!("axisor-telemetry/", env!("CARGO_PKG_VERSION")))
        .map_err(|error| error.to_string())?
        .connect_timeout(otlp.timeout)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .connect_lazy();
    Ok(Box::new(Grpc {
        channel,
        headers: metadata(&otlp.headers)?,
        compression: otlp.compression,
    }))
}

impl Connection for Grpc {
    fn send(&self, method: &'static str, message: Bytes) -> Sending<'_> {
        Box::pin(self.call(method, message))
    }
}

impl Grpc {
    async fn call(&self, method: &'static str, message: Bytes) -> Result<Bytes, Failure> {
        let mut client = Client::new(self.channel.clone());
        if self.compression == Compression::Gzip {
            // The Collector answers as it was asked.
            client = client
                .send_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Gzip);
        }
        client.ready().await.map_err(|error| Failure {
            retry: Retry::WithBackoff,
            why: with_causes(&error),
        })?;
        let request = Request::from_parts(self.headers.clone(), Extensions::default(), message);
        let answer = client
            .unary(request, PathAndQuery::from_static(method), Encoded)
            .await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status| failure(&status))
    }
}

/// The codec of messages that are encoded already.
#[derive(Clone, Copy)]
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(message);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(message.copy_to_bytes(message.remaining())))
    }
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unnecessary_wraps, reason = "certificates may be wrong")]
fn with_tls(endpoint: Endpoint, _: &Otlp) -> Result<Endpoint, String> {
    Ok(endpoint)
}

#[cfg(feature = "tls")]
fn with_tls(endpoint: Endpoint, otlp: &Otlp) -> Result<Endpoint, String> {
    if !otlp.is_tls() {
        return Ok(endpoint);
    }
    let tls = tonic::transport::ClientTlsConfig::new()
        .trust_anchors(super::tls::roots(otlp)?.roots)
        .timeout(otlp.timeout);
    endpoint
        .tls_config(tls)
        .map_err(|error| with_causes(&error))
}

fn metadata(headers: &[(String, Secret)]) -> Result<MetadataMap, String> {
    let mut metadata = MetadataMap::with_capacity(headers.len());
    for (name, value) in headers {
        let key: AsciiMetadataKey = name
            .to_ascii_lowercase()
            .parse()
            .map_err(|_| format!("`{name}` is no header name"))?;
        let value: AsciiMetadataValue = value
            .expose()
            .parse()
            .map_err(|_| format!("value of header `{name}` is not ASCII"))?;
        metadata.insert(key, value);
    }
    Ok(metadata)
}

/// The codes the OTLP specification calls retryable.
fn failure(status: &Status) -> Failure {
    let retry = match status.code() {
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::DataLoss => Retry::WithBackoff,
        // what tonic makes of a connection that breaks in the middle of a call
        Code::Unknown if status.source().is_some() => Retry::WithBackoff,
        Code::Unavailable => retry_info(status).map_or(Retry::WithBackoff, Retry::After),
        Code::ResourceExhausted => retry_info(status).map_or(Retry::Never, Retry::After),
        _ => Retry::Never,
    };
    Failure {
        retry,
        why: format!("{}: {}", status.code(), with_causes(status)),
    }
}

/// `RetryInfo` of a throttled answer; without it the specification says not to retry.
fn retry_info(status: &Status) -> Option<Duration> {
    let details = tonic_types::StatusExt::get_error_details(status);
    details.retry_info().and_then(|info| info.retry_delay)
}
