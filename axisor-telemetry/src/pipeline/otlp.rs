//! One OTLP receiver: how a request gets there and what the answer means.
//!
//! Follows the OpenTelemetry protocol specification for retries, `Retry-After`, throttling and partial
//! success: <https://opentelemetry.io/docs/specs/otlp/>. Requests are sent from here rather than by
//! `opentelemetry-otlp`, whose metric exporter accepts only what the SDK collected, which our series are not, and
//! which tells nobody of a partial success.

#[cfg(not(all(feature = "grpc", feature = "http")))]
mod absent;
#[cfg(any(feature = "grpc", feature = "http"))]
mod causes;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "http")]
mod http;
#[cfg(all(feature = "tls", any(feature = "grpc", feature = "http")))]
mod tls;

#[cfg(feature = "doctor")]
pub(crate) use causes::with_causes;
#[cfg(feature = "doctor")]
pub(crate) use tls::roots;

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

#[cfg(not(feature = "grpc"))]
use absent as grpc;
#[cfg(not(feature = "http"))]
use absent as http;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use tokio::time::Instant;

use super::encode::EncodedSpans;
use super::log_records::EncodedLines;
use crate::config::{Otlp, Protocol};

/// A request of one signal and how its answer tells what was refused.
pub(crate) trait Export {
    type Answer: prost::Message + Default;
    /// The gRPC method of the signal's service.
    const METHOD: &'static str;
    /// The encoded request.
    fn message(&self) -> Bytes;
    /// How many items the receiver refused, and why.
    fn rejected(answer: Self::Answer) -> (u64, String);
}

impl Export for EncodedSpans {
    type Answer = ExportTraceServiceResponse;
    const METHOD: &'static str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    fn message(&self) -> Bytes {
        self.message.clone()
    }

    fn rejected(answer: Self::Answer) -> (u64, String) {
        let part = answer.partial_success.unwrap_or_default();
        (unsigned(part.rejected_spans), part.error_message)
    }
}

impl Export for ExportMetricsServiceRequest {
    type Answer = ExportMetricsServiceResponse;
    const METHOD: &'static str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

    fn message(&self) -> Bytes {
        Bytes::from(self.encode_to_vec())
    }

    fn rejected(answer: Self::Answer) -> (u64, String) {
        let part = answer.partial_success.unwrap_or_default();
        (unsigned(part.rejected_data_points), part.error_message)
    }
}

impl Export for EncodedLines {
    type Answer = ExportLogsServiceResponse;
    const METHOD: &'static str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

    fn message(&self) -> Bytes {
        self.message.clone()
    }

    fn rejected(answer: Self::Answer) -> (u64, String) {
        let part = answer.partial_success.unwrap_or_default();
        (unsigned(part.rejected_log_records), part.error_message)
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
#[cfg_attr(
    not(any(feature = "grpc", feature = "http")),
    expect(dead_code, reason = "no protocol makes them")
)]
pub(crate) enum Retry {
    Never,
    WithBackoff,
    After(Duration),
}

/// A way to the receiver. Messages are encoded once for all tries.
trait Connection: Send + Sync {
    /// Sends an encoded request to the service with this gRPC method, and gives its encoded answer.
    fn send(&self, method: &'static str, message: Bytes) -> Sending<'_>;
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Bytes, Failure>> + Send + 'a>>;

/// The receiver of one signal. Made and used on the exporters' thread.
pub(crate) struct Receiver {
    connection: Box<dyn Connection>,
    timeout: Duration,
    /// When a throttling receiver wants to be asked again.
    not_before: Mutex<Option<Instant>>,
}

impl Receiver {
    /// # Errors
    /// What is wrong with the endpoint, the headers or the certificates.
    pub(crate) fn new(otlp: &Otlp, content_type: &'static str) -> Result<Self, String> {
        let connection = match otlp.protocol {
            Protocol::Grpc => grpc::connect(otlp, content_type)?,
            Protocol::HttpProtobuf => http::connect(otlp, content_type)?,
        };
        Ok(Self {
            connection,
            timeout: otlp.timeout,
            not_before: Mutex::new(None),
        })
    }

    /// Sends `request`, again and again while the specification allows it, until `give_up`.
    pub(crate) async fn send<R: Export>(&self, request: &R, give_up: Instant) -> Sent {
        let message = request.message();
        let mut backoff = Backoff::default();
        let mut why = "the receiver asked to wait".to_owned();
        loop {
            let at = self.not_before().unwrap_or_else(Instant::now);
            if at >= give_up {
                return Sent::Unreachable { why };
            }
            tokio::time::sleep_until(at).await;
            let failure = match self.attempt::<R>(message.clone(), give_up).await {
                Ok((rejected, why)) => return Sent::Accepted { rejected, why },
                Err(failure) => failure,
            };
            let pause = match failure.retry {
                Retry::Never => return Sent::Refused { why: failure.why },
                Retry::WithBackoff => backoff.next(),
                Retry::After(pause) => pause.max(backoff.next()),
            };
            why = failure.why;
            self.wait_for(pause);
        }
    }

    async fn attempt<R: Export>(
        &self,
        message: Bytes,
        give_up: Instant,
    ) -> Result<(u64, String), Failure> {
        let limit = give_up.min(Instant::now() + self.timeout);
        let sending = self.connection.send(R::METHOD, message);
        let answer = tokio::time::timeout_at(limit, sending).await;
        let answer = answer.map_err(|_| Failure {
            retry: Retry::WithBackoff,
            why: "no answer in time".to_owned(),
        })??;
        // Success is success, whatever a receiver says with it.
        Ok(R::Answer::decode(answer)
            .map(R::rejected)
            .unwrap_or_default())
    }

    fn not_before(&self) -> Option<Instant> {
        *self
            .not_before
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is sent for so long, this request and the next ones.
    fn wait_for(&self, pause: Duration) {
        let at = Instant::now() + pause.min(MAX_PAUSE);
        *self
            .not_before
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(at);
    }
}

/// The longest a receiver may ask to be left alone.
const MAX_PAUSE: Duration = Duration::from_secs(3_600);

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
