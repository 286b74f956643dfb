//! OTLP over HTTP with protobuf bodies.

use std::io::Write as _;
use std::time::Duration;

use flate2::write::GzEncoder;
use prost::Message as _;
use reqwest::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode};

use super::{Export, Failure, Retry};
use crate::config::{Compression, Otlp, Secret};

/// A client, the URL of the signal and the headers of every call.
pub(super) struct Http {
    client: Client,
    url: String,
    compression: Compression,
}

impl Http {
    pub(super) fn new(otlp: &Otlp) -> Result<Self, String> {
        let client = Client::builder()
            .user_agent(concat!("axisor-telemetry/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers(&otlp.headers)?)
            .connect_timeout(otlp.timeout)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            client,
            url: otlp.endpoint.clone(),
            compression: otlp.compression,
        })
    }

    pub(super) async fn send<R: Export>(&self, message: &R) -> Result<R::Answer, Failure> {
        let mut request = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/x-protobuf");
        let mut body = message.encode_to_vec();
        if self.compression == Compression::Gzip {
            request = request.header(CONTENT_ENCODING, "gzip");
            body = gzip(&body).map_err(|error| Failure {
                retry: Retry::Never,
                why: error.to_string(),
            })?;
        }
        let answer = request.body(body).send().await.map_err(unreachable)?;
        if !answer.status().is_success() {
            return Err(failure(&answer));
        }
        let bytes = answer.bytes().await.map_err(unreachable)?;
        R::Answer::decode(bytes).map_err(|error| Failure {
            retry: Retry::Never,
            why: format!("answer is no OTLP: {error}"),
        })
    }
}

fn headers(headers: &[(String, Secret)]) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let key: HeaderName = name
            .parse()
            .map_err(|_| format!("`{name}` is no header name"))?;
        let value: HeaderValue = value
            .expose()
            .parse()
            .map_err(|_| format!("value of header `{name}` is not ASCII"))?;
        map.insert(key, value);
    }
    Ok(map)
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

fn unreachable(error: reqwest::Error) -> Failure {
    Failure {
        retry: Retry::WithBackoff,
        why: error.without_url().to_string(),
    }
}

/// The statuses the OTLP specification calls retryable.
fn failure(answer: &Response) -> Failure {
    let retry = match answer.status() {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            retry_after(answer).map_or(Retry::WithBackoff, Retry::After)
        }
        _ => Retry::Never,
    };
    Failure {
        retry,
        why: format!("status {}", answer.status()),
    }
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}
