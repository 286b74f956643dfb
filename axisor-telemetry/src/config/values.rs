//! The types of settings' values.

use std::fmt;
use std::ops::RangeInclusive;

use crate::redact;

/// A value that is never printed: not by `Debug`, not in a listing, not in an error.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(redact::REDACTED)
    }
}

/// How OTLP travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// gRPC, feature `grpc`.
    Grpc,
    /// HTTP with protobuf bodies, feature `http`.
    HttpProtobuf,
}

/// How OTLP bodies are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// With gzip.
    Gzip,
}

/// Where spans go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TracesExporter {
    /// Nowhere.
    None,
    /// To a Collector.
    Otlp,
    /// To the terminal, as a readable tree.
    Console,
}

/// Where metrics go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricsExporter {
    /// To a Collector.
    Otlp,
    /// Only to the in-process exposition.
    Prometheus,
}

/// Where logs go besides the process's own output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogsExporter {
    /// Nowhere.
    None,
    /// To a Collector.
    Otlp,
}

/// Which traces are recorded: <https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling>.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Sampler {
    /// Every trace.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// This share of all traces, 0 to 1.
    TraceIdRatio(f64),
    /// As the parent says; every trace that begins here.
    ParentBasedAlwaysOn,
    /// As the parent says; no trace that begins here.
    ParentBasedAlwaysOff,
    /// As the parent says; this share, 0 to 1, of the traces that begin here.
    ParentBasedTraceIdRatio(f64),
}

/// How context travels between processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Propagator {
    /// W3C `traceparent` and `tracestate`.
    TraceContext,
    /// W3C `baggage`.
    Baggage,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// HTTP statuses that are well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses(Vec<RangeInclusive<u16>>);

impl Statuses {
    /// These ranges of statuses, such as `[200..=299, 401..=401]`.
    #[must_use]
    pub fn new(ranges: impl Into<Vec<RangeInclusive<u16>>>) -> Self {
        Self(ranges.into())
    }

    /// 2xx.
    #[must_use]
    pub fn successes() -> Self {
        Self::new([200..=299])
    }

    /// Whether this status is one of them.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}
