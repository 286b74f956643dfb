//! What can go wrong on the way, in words, and what to do about it.

use std::fmt;
use std::time::Duration;

use crate::catalog::PREFIX;
use crate::config::{Origin, Protocol};
use crate::pipeline::Signal;

/// Why something does not arrive, or is not what it seems. Its `Display` text says what is wrong, [`advice`](Self::advice) what to
/// do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// `OTEL_SDK_DISABLED` is set.
    Disabled {
        /// Where that is said.
        origin: Origin,
    },
    /// The signal has no exporter that sends it.
    ExporterOff {
        /// The setting, such as `traces.exporter`.
        key: &'static str,
        /// Its value.
        value: String,
        /// Where that is said.
        origin: Origin,
    },
    /// The level lets no span or line of `INFO` through.
    LevelOff {
        /// The setting, such as `traces.level`.
        key: &'static str,
        /// Its value.
        value: String,
    },
    /// The sampler records no trace.
    NotSampled {
        /// `traces.sampler`, with its share where it has one.
        sampler: String,
    },
    /// The process's global meter provider is not the installed telemetry's.
    PrivateProvider,
    /// A service's page of metrics shows none of this crate's.
    PrivatePage {
        /// The page.
        url: String,
    },
    /// A program has several versions of `opentelemetry`, each with globals of its own.
    TwoVersions {
        /// The versions.
        versions: Vec<String>,
        /// The packages that bring all but the newest.
        through: Vec<String>,
    },
    /// This process's clock is ahead of another's.
    ClockAhead {
        /// Whose clock it was compared with.
        place: String,
        /// By how much, to the second.
        by: Duration,
    },
    /// This process's clock is behind another's.
    ClockBehind {
        /// Whose clock it was compared with.
        place: String,
        /// By how much, to the second.
        by: Duration,
    },
    /// Nobody knows the name of the host.
    UnknownHost {
        /// The host.
        host: String,
    },
    /// Connections are refused.
    NothingListens {
        /// `host:port`.
        address: String,
    },
    /// There is no answer, not even a refusal.
    BlackHole {
        /// `host:port`.
        address: String,
    },
    /// The endpoint says `http://`, the receiver speaks TLS.
    PlainToTls {
        /// The endpoint.
        endpoint: String,
    },
    /// The endpoint says `https://`, the receiver speaks no TLS.
    TlsToPlain {
        /// The endpoint.
        endpoint: String,
    },
    /// The receiver's certificate is not trusted.
    Untrusted {
        /// The endpoint.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The receiver speaks the other of the two protocols there.
    OtherProtocol {
        /// The endpoint.
        endpoint: String,
        /// What the settings say.
        configured: Protocol,
    },
    /// Nothing is served at the endpoint's path.
    WrongPath {
        /// The whole URL.
        url: String,
    },
    /// The receiver does not take this signal.
    NoPipeline {
        /// The signal.
        signal: Signal,
    },
    /// The receiver wants other credentials.
    Unauthorized {
        /// What it said.
        answer: String,
    },
    /// The Collector takes nothing because it has no memory left.
    MemoryLimit {
        /// What it said.
        answer: String,
    },
    /// The Collector takes nothing because its queue is full.
    QueueFull {
        /// What it said.
        answer: String,
    },
    /// The receiver took nothing, for a reason of its own.
    Refused {
        /// What it said, empty if it said nothing.
        answer: String,
    },
    /// The Collector passes on only metrics whose names begin with `axisor_`.
    Filtered {
        /// The metric's name.
        metric: String,
    },
    /// The Collector took the metric and does not show it.
    NotExposed {
        /// Its page of services' series.
        page: String,
    },
    /// The Collector keeps a share of the traces, and not this one.
    SampledOut,
    /// The Collector keeps a share of the traces and had not decided about this one.
    Undecided,
    /// The Collector cannot hand spans on.
    Waiting {
        /// How many wait in its queue.
        spans: u64,
    },
    /// What should be asked does not answer.
    Away {
        /// What was asked.
        url: String,
        /// What happened instead of an answer.
        reason: String,
    },
    /// Prometheus has no target with the Collector's page.
    NotScraped {
        /// The page.
        page: String,
    },
    /// Prometheus' scrapes of the Collector fail.
    ScrapeFails {
        /// The job.
        job: String,
        /// What Prometheus says.
        error: String,
    },
    /// Prometheus scrapes the Collector and does not keep what it gets.
    Relabelled {
        /// The job.
        job: String,
    },
    /// Prometheus keeps the service's labels as `exported_job` and `exported_instance`.
    LabelsNotHonoured {
        /// The job.
        job: String,
    },
    /// Series come from the service itself as well as through the Collector.
    CountedTwice {
        /// The job.
        job: String,
    },
    /// Everybody answers, and it is not there yet.
    NotSeen {
        /// How long it was waited for.
        waited: Duration,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled { origin } => write!(f, "telemetry is disabled by {origin}"),
            Self::ExporterOff { key, value, origin } => {
                write!(f, "`{key}` is `{value}` ({origin}), which sends nothing")
            }
            Self::LevelOff { key, value } => {
                write!(f, "`{key}` is `{value}`, which lets nothing of level info through")
            }
            Self::NotSampled { sampler } => write!(f, "the sampler is {sampler}, which records no trace"),
            Self::PrivateProvider => f.write_str(
                "the global meter provider is not this telemetry's, so instruments made with it are not read",
            ),
            Self::PrivatePage { url } => write!(
                f,
                "{url} shows none of the {PREFIX}* series: it is written from another registry"
            ),
            Self::TwoVersions { versions, through } => write!(
                f,
                "the program has opentelemetry {}, through {}: what one version records the other does not see",
                versions.join(" and "),
                through.join(", ")
            ),
            Self::ClockAhead { place, by } => {
                write!(f, "this clock is {} s ahead of that of {place}", by.as_secs())
            }
            Self::ClockBehind { place, by } => {
                write!(f, "this clock is {} s behind that of {place}", by.as_secs())
            }
            Self::UnknownHost { host } => write!(f, "the name {host} is unknown"),
            Self::NothingListens { address } => write!(f, "nothing listens at {address}"),
            Self::BlackHole { address } => write!(f, "no answer from {address}, not even a refusal"),
            Self::PlainToTls { endpoint } => {
                write!(f, "{endpoint} is spoken to in the clear, and expects TLS")
            }
            Self::TlsToPlain { endpoint } => {
                write!(f, "{endpoint} is spoken to in TLS, and expects plain text")
            }
            Self::Untrusted { endpoint, reason } => {
                write!(f, "the certificate of {endpoint} is not trusted: {reason}")
            }
            Self::OtherProtocol { endpoint, configured } => {
                let (configured, spoken) = (spelling(*configured), spelling(other(*configured)));
                write!(f, "{endpoint} is sent {configured}, and speaks {spoken}")
            }
            Self::WrongPath { url } => write!(f, "nothing is served at {url}"),
            Self::NoPipeline { signal } => {
                write!(f, "the receiver takes no {}", signal.as_str())
            }
            Self::Unauthorized { answer } => write!(f, "the receiver refused the credentials: {answer}"),
            Self::MemoryLimit { answer } => {
                write!(f, "the Collector has no memory left: {answer}")
            }
            Self::QueueFull { answer } => write!(f, "the Collector's queue is full: {answer}"),
            Self::Refused { answer } if answer.is_empty() => f.write_str("the receiver took nothing"),
            Self::Refused { answer } => write!(f, "the receiver took nothing: {answer}"),
            Self::Filtered { metric } => write!(
                f,
                "the Collector's filter passes on only metrics called {PREFIX}*, and {metric} is not"
            ),
            Self::NotExposed { page } => {
                write!(f, "the Collector took it and does not show it at {page}")
            }
            Self::SampledOut => f.write_str("the Collector samples traces, and left this one out"),
            Self::Undecided => {
                f.write_str("the Collector samples traces, and has not decided about this one yet")
            }
            Self::Waiting { spans } => {
                write!(f, "{spans} spans wait in the Collector, which cannot hand them on")
            }
            Self::Away { url, reason } => write!(f, "no answer from {url}: {reason}"),
            Self::NotScraped { page } => write!(f, "Prometheus has no target for {page}"),
            Self::ScrapeFails { job, error } => {
                write!(f, "Prometheus' scrapes of the job {job} fail: {error}")
            }
            Self::Relabelled { job } => {
                write!(f, "Prometheus scrapes the job {job} and drops what it gets")
            }
            Self::LabelsNotHonoured { job } => write!(
                f,
                "in Prometheus the series is under job=\"{job}\", and the service's own labels are exported_job and exported_instance"
            ),
            Self::CountedTwice { job } => write!(
                f,
                "Prometheus has {PREFIX}* series of the job {job} both from its /metrics and through the Collector"
            ),
            Self::NotSeen { waited } => {
                write!(f, "everybody answers, and it was not there within {waited:?}")
            }
        }
    }
}

impl Cause {
    /// What to do about it, a sentence or two.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::Disabled { .. } => "unset OTEL_SDK_DISABLED, or set it to false".to_owned(),
            Self::ExporterOff { key, .. } => exporter_advice(key),
            Self::LevelOff { key, .. } => format!("set `{key}` to info"),
            Self::NotSampled { .. } => {
                "set OTEL_TRACES_SAMPLER to parentbased_always_on, or OTEL_TRACES_SAMPLER_ARG above 0".to_owned()
            }
            Self::PrivateProvider => "call `set_meter_provider` nowhere after `init()`, and make instruments with `Telemetry::meter_provider()`".to_owned(),
            Self::PrivatePage { .. } => "serve `Telemetry::router()`, or `Telemetry::exposition()` in place of the other registry's page".to_owned(),
            Self::TwoVersions { through, .. } => format!(
                "bring {} to the newest of these versions; `cargo tree --invert opentelemetry@VERSION` says who wants the others",
                through.join(", ")
            ),
            Self::ClockAhead { .. } | Self::ClockBehind { .. } => {
                "synchronise the clocks of both machines (NTP): spans of one trace would stand in the wrong order, and new samples be out of sight".to_owned()
            }
            Self::UnknownHost { .. } => "correct the host in OTEL_EXPORTER_OTLP_ENDPOINT; in containers it is the service's name".to_owned(),
            Self::NothingListens { .. } => "start the Collector (`cargo stack up`), or correct host and port in OTEL_EXPORTER_OTLP_ENDPOINT; in a container localhost is the container itself".to_owned(),
            Self::BlackHole { .. } => "look for a firewall or a network policy in between, and whether the Collector hangs".to_owned(),
            Self::PlainToTls { .. } => "write https:// in OTEL_EXPORTER_OTLP_ENDPOINT, with the Collector's roots in OTEL_EXPORTER_OTLP_CERTIFICATE unless the system has them".to_owned(),
            Self::TlsToPlain { .. } => "write http:// in OTEL_EXPORTER_OTLP_ENDPOINT, or give the Collector's receiver a certificate".to_owned(),
            Self::Untrusted { .. } => "name the PEM file of the authority that signed it in OTEL_EXPORTER_OTLP_CERTIFICATE, and ask for the host that is in the certificate".to_owned(),
            Self::OtherProtocol { configured, .. } => {
                let (port, protocol) = match configured {
                    Protocol::Grpc => (4317, "http/protobuf"),
                    Protocol::HttpProtobuf => (4318, "grpc"),
                };
                format!("send to the port of this protocol, usually {port}, or set OTEL_EXPORTER_OTLP_PROTOCOL to {protocol}")
            }
            Self::WrongPath { .. } => "give OTEL_EXPORTER_OTLP_ENDPOINT without a path: /v1/traces and its like are appended; a signal's own endpoint needs the whole URL".to_owned(),
            Self::NoPipeline { signal } => format!("give the Collector a pipeline for {}", signal.as_str()),
            Self::Unauthorized { .. } => "give the credentials in OTEL_EXPORTER_OTLP_HEADERS".to_owned(),
            Self::MemoryLimit { .. } => "raise `limit_mib` of its memory_limiter, or send less; find out what it cannot hand on".to_owned(),
            Self::QueueFull { .. } => "find out why what is behind the Collector takes nothing: see `otelcol_exporter_send_failed_spans` and its log".to_owned(),
            Self::Refused { .. } => "look into the Collector's log".to_owned(),
            Self::Filtered { metric } => format!("call it {PREFIX}{metric}, or let it through in `filter/axisor` of the Collector's configuration"),
            Self::NotExposed { .. } => "see whether this is the page of the Collector the service sends to, and look into that one's log".to_owned(),
            Self::SampledOut => "that is as configured: raise AXISOR_COLLECTOR_SAMPLING_PERCENT to keep more; errors, margin guard actions and slow traces are kept in any case".to_owned(),
            Self::Undecided => "wait for longer than AXISOR_COLLECTOR_SAMPLING_WAIT".to_owned(),
            Self::Waiting { .. } => "start Jaeger, or correct AXISOR_JAEGER_OTLP of the Collector; what waits is sent then".to_owned(),
            Self::Away { .. } => "start it, or say where it is".to_owned(),
            Self::NotScraped { .. } => "add a scrape job with the Collector's page and `honor_labels: true`, as in collector/prometheus/prometheus.yml".to_owned(),
            Self::ScrapeFails { .. } => "correct the job's address; from Prometheus' machine or container the Collector may have another name".to_owned(),
            Self::Relabelled { job } => format!("look for a `drop` or `keep` among `metric_relabel_configs` of the job {job}"),
            Self::LabelsNotHonoured { job } => format!("set `honor_labels: true` for the job {job}"),
            Self::CountedTwice { job } => format!("drop {PREFIX}.* in `metric_relabel_configs` of the job {job}, or do not send metrics to the Collector"),
            Self::NotSeen { .. } => "ask again with more patience; else look into the logs of this hop".to_owned(),
        }
    }
}

fn exporter_advice(key: &str) -> String {
    let variable = match key {
        "metrics.exporter" => "OTEL_METRICS_EXPORTER",
        "logs.exporter" => "OTEL_LOGS_EXPORTER",
        _ => "OTEL_TRACES_EXPORTER",
    };
    format!("set {variable} to otlp, and OTEL_EXPORTER_OTLP_ENDPOINT to the Collector")
}

fn spelling(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "gRPC",
        Protocol::HttpProtobuf => "HTTP",
    }
}

fn other(protocol: Protocol) -> Protocol {
    match protocol {
        Protocol::Grpc => Protocol::HttpProtobuf,
        Protocol::HttpProtobuf => Protocol::Grpc,
    }
}
