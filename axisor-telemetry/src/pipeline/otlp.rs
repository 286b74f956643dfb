//! One OTLP receiver: how a request gets there and what the answer means.
//!
//! Follows the OpenTelemetry protocol specification for retries, `Retry-After`, throttling and partial
//! success: <https://opentelemetry.io/docs/specs/otlp/>. The requests are the SDK's data in the protocol's own
//! messages; they are sent from here rather than by `opentelemetry-otlp`, whose metric exporter accepts only
//! what the SDK collected (no zero histogram, no exemplar) and which tells nobody of a partial success.

#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "http")]
mod http;
#[cfg(all(feature = "tls", any(feature = "grpc", feature = "http")))]
mod tls;

use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::time::Instant;

use crate::config::{Otlp, Protocol};

/// A request of one signal and how its answer tells what was refused.
pub(crate) trait Export: prost::Message + Clone + 'static {
    type Answer: prost::Message + Default + 'static;
    /// The gRPC method of the signal's service.
    const METHOD: &'static str;
    /// How many items the receiver refused, and why.
    fn rejected(answer: Self::Answer) -> (u64, String);
}

impl Export for ExportTraceServiceRequest {
    type Answer = ExportTraceServiceResponse;
    const METHOD: &'static str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    fn rejected(answer: Self::Answer) -> (u64, String) {
        let part = answer.partial_success.unwrap_or_default();
        (unsigned(part.rejected_spans), part.error_message)
    }
}

impl Export for ExportMetricsServiceRequest {
    type Answer = ExportMetricsServiceResponse;
    const METHOD: &'static str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    fn rejected(answer: Self::Answer) -> (u64, String) {
        let part = answer.partial_success.unwrap_or_default();
        (unsigned(part.rejected_data_points), part.error_message)
    }
}

fn unsigned(items: i64) -> u64 {
    u64::try_from(items).unwrap_or_default()
}

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Sent {
    /// The receiver took it, but for this many items.
    Accepted { rejected: u64, why: String },
    /// The receiver will never take it.
    Refused { why: String },
    /// Nobody took it in time.
    Unreachable { why: String },
}

/// One failed attempt.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) retry: Retry,
    pub(crate) why: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Retry {
    Never,
    WithBackoff,
    After(Duration),
}

/// The receiver of one signal. Made and used on the exporters' thread.
pub(crate) struct Receiver {
    connection: Connection,
    timeout: Duration,
}

enum Connection {
    #[cfg(feature = "grpc")]
    Grpc(grpc::Grpc),
    #[cfg(feature = "http")]
    Http(Box<http::Http>),
}

impl Receiver {
    /// # Errors
    /// What is wrong with the endpoint or the headers.
    pub(crate) fn new(otlp: &Otlp) -> Result<Self, String> {
        let connection = match otlp.protocol {
            #[cfg(feature = "grpc")]
            Protocol::Grpc => Connection::Grpc(grpc::Grpc::new(otlp)?),
            #[cfg(feature = "http")]
            Protocol::HttpProtobuf => Connection::Http(Box::new(http::Http::new(otlp)?)),
            #[cfg(not(all(feature = "grpc", feature = "http")))]
            protocol => return Err(format!("protocol {protocol:?} is not part of this build")),
        };
        Ok(Self {
            connection,
            timeout: otlp.timeout,
        })
    }

    /// Sends `request`, again and again while the specification allows it, until `give_up`.
    pub(crate) async fn send<R: Export>(&self, request: &R, give_up: Instant) -> Sent {
        let mut backoff = Backoff::default();
        loop {
            let attempt = tokio::time::timeout_at(
                give_up.min(Instant::now() + self.timeout),
                self.attempt(request),
            );
            let failure = match attempt.await {
                Ok(Ok(answer)) => {
                    let (rejected, why) = R::rejected(answer);
                    return Sent::Accepted { rejected, why };
                }
                Ok(Err(failure)) => failure,
                Err(_) => Failure {
                    retry: Retry::WithBackoff,
                    why: "no answer in time".to_owned(),
                },
            };
            let pause = match failure.retry {
                Retry::Never => return Sent::Refused { why: failure.why },
                Retry::WithBackoff => backoff.next(),
                Retry::After(pause) => pause,
            };
            if Instant::now() + pause >= give_up {
                return Sent::Unreachable { why: failure.why };
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt<R: Export>(&self, request: &R) -> Result<R::Answer, Failure> {
        match &self.connection {
            #[cfg(feature = "grpc")]
            Connection::Grpc(grpc) => grpc.send(request.clone()).await,
            #[cfg(feature = "http")]
            Connection::Http(http) => http.send::<R>(request).await,
            #[cfg(not(any(feature = "grpc", feature = "http")))]
            _ => unreachable!("no connection can be made without a protocol"),
        }
    }
}

/// An error's text with those of its causes it does not repeat.
#[cfg(any(feature = "grpc", feature = "http"))]
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.ends_with(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}

/// Exponential backoff with jitter, from 100 ms to 5 s.
struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(Duration::from_millis(100))
    }
}

impl Backoff {
    fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(Duration::from_secs(5));
        pause.mul_f64(0.75 + 0.5 * jitter())
    }
}

/// A number from 0 to 1 that differs between processes and attempts.
fn jitter() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(0u8);
    f64::from((random >> 32) as u32) / f64::from(u32::MAX)
}
