//! What the doctor found, typed and as a report.

use std::fmt;
use std::time::Duration;

use super::Cause;
use crate::pipeline::Signal;

/// A stretch of the way, named after where something is lost or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hop {
    /// In the service: it never left.
    Service,
    /// Between the service and the Collector.
    ServiceToCollector,
    /// In the Collector, which took it.
    Collector,
    /// Between the Collector and Prometheus, which scrapes it.
    CollectorToPrometheus,
    /// Prometheus itself.
    Prometheus,
    /// Between the Collector and Jaeger.
    CollectorToJaeger,
    /// Between the Collector and its files of log lines.
    CollectorToLogFiles,
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "in the service",
            Self::ServiceToCollector => "between the service and the Collector",
            Self::Collector => "in the Collector",
            Self::CollectorToPrometheus => "between the Collector and Prometheus",
            Self::Prometheus => "in Prometheus",
            Self::CollectorToJaeger => "between the Collector and Jaeger",
            Self::CollectorToLogFiles => "between the Collector and its log files",
        })
    }
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Where.
    pub hop: Hop,
    /// What.
    pub cause: Cause,
}

impl Finding {
    pub(super) fn new(hop: Hop, cause: Cause) -> Self {
        Self { hop, cause }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hop, cause } = self;
        write!(f, "{hop}\n  cause: {cause}\n  to do: {}", cause.advice())
    }
}

/// What became of the canary of one signal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was found at the end of its way.
    Arrived {
        /// So long after the Collector had taken it.
        after: Duration,
    },
    /// The Collector took it, and nobody said where to look for it afterwards.
    Taken,
    /// It is not sent, as is the default for log lines.
    NotSent(Cause),
    /// It was lost.
    Lost(Finding),
}

/// What became of the canaries, and what else is wrong. Its `Display` text is a report for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "it says what is wrong"]
pub struct Diagnosis {
    /// The canary metric's way to Prometheus.
    pub metrics: Outcome,
    /// The canary span's way to Jaeger.
    pub traces: Outcome,
    /// The canary log line's way to the Collector's files.
    pub logs: Outcome,
    /// What else is wrong, whether or not something was lost for it.
    pub findings: Vec<Finding>,
    /// What is allowed but probably not meant among the settings, a sentence each.
    pub warnings: Vec<String>,
}

impl Diagnosis {
    /// Whether nothing was lost and nothing found.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        let lost = |(_, outcome)| matches!(outcome, &Outcome::Lost(_));
        self.findings.is_empty() && !self.outcomes().into_iter().any(lost)
    }

    fn outcomes(&self) -> [(Signal, &Outcome); 3] {
        [
            (Signal::Metrics, &self.metrics),
            (Signal::Traces, &self.traces),
            (Signal::Logs, &self.logs),
        ]
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for alike in self.outcomes().chunk_by(|one, next| one.1 == next.1) {
            let signals: Vec<_> = alike.iter().map(|(signal, _)| signal.as_str()).collect();
            let (signal, outcome) = alike[0];
            writeln!(f, "{}: {}", signals.join(", "), Told(signal, outcome))?;
        }
        for finding in &self.findings {
            writeln!(f, "found {finding}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "note: {warning}")?;
        }
        f.write_str(if self.is_healthy() {
            "healthy: everything that is sent arrives"
        } else {
            "not healthy"
        })
    }
}

struct Told<'a>(Signal, &'a Outcome);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(signal, outcome) = self;
        match outcome {
            Outcome::Arrived { after } => {
                let seconds = after.as_secs_f64();
                write!(f, "arrived in {} after {seconds:.1} s", end(*signal))
            }
            Outcome::Taken => f.write_str("taken by the Collector; not looked for beyond it"),
            Outcome::NotSent(cause) => write!(f, "not sent: {cause}"),
            Outcome::Lost(finding) => write!(f, "lost {finding}"),
        }
    }
}

/// Where a signal's way ends.
fn end(signal: Signal) -> &'static str {
    match signal {
        Signal::Metrics => "Prometheus",
        Signal::Traces => "Jaeger",
        Signal::Logs | Signal::Errors => "the Collector's log files",
    }
}
