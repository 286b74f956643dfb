//! What is called, and under which circumstances.

use std::fmt;

use clap::{Args, ValueEnum};

/// One thing to measure.
#[derive(Debug, Clone, Args)]
pub struct Case {
    /// Under which circumstances.
    #[arg(long)]
    pub scenario: Scenario,
    /// Whose attribute is on the function.
    #[arg(long)]
    pub subject: Subject,
    /// How the function is written.
    #[arg(long, default_value_t = Form::Sync)]
    pub form: Form,
    /// Where spans go: an OTLP receiver over gRPC.
    #[arg(long)]
    pub endpoint: Option<String>,
}

/// The circumstances of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// No telemetry in this process.
    Absent,
    /// Calls are counted, spans are off.
    Counter,
    /// Calls are counted and timed below a parent of this process that is not sampled.
    Unsampled,
    /// Calls are counted and timed, and each begins a trace, which the sampler refuses.
    Refused,
    /// Calls are counted and timed below a sampled parent of this process; spans are exported.
    Sampled,
    /// Calls are counted and timed, and each begins a trace; spans are exported.
    Root,
}

/// Whose attribute is on the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// Nobody's.
    Bare,
    /// axisor-telemetry's.
    Ours,
    /// `#[autometrics]`.
    Autometrics,
    /// `#[tracing::instrument]` with tracing-opentelemetry's default layer.
    Instrument,
    /// `#[autometrics]` and `#[tracing::instrument]`.
    Both,
    /// The same, whose exporter throws spans away.
    BothThrown,
    /// `#[fastrace::trace]`, whose reporter throws spans away.
    FastraceThrown,
    /// `#[fastrace::trace]`, whose reporter exports by OTLP.
    Fastrace,
}

/// How the function is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// `fn`.
    Sync,
    /// `async fn` whose future is ready when polled first.
    Async,
}

impl Scenario {
    /// Whether spans are made and leave the process.
    #[must_use]
    pub fn exports(self) -> bool {
        matches!(self, Self::Sampled | Self::Root)
    }
}

impl Case {
    /// How many spans leave the process for this many calls, which were made below as many parents.
    #[must_use]
    pub fn spans(&self, calls: u64, parents: u64) -> u64 {
        match self.subject {
            _ if !self.scenario.exports() => 0,
            Subject::Bare
            | Subject::Autometrics
            | Subject::BothThrown
            | Subject::FastraceThrown => 0,
            Subject::Fastrace => calls + parents, // whose parents are spans of its own
            Subject::Ours | Subject::Instrument | Subject::Both => calls,
        }
    }

    /// The arguments that say this case to a program that takes a [`Case`].
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            format!("--scenario={}", self.scenario),
            format!("--subject={}", self.subject),
            format!("--form={}", self.form),
        ];
        arguments.extend(self.endpoint.iter().map(|at| format!("--endpoint={at}")));
        arguments
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name(self, f)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name(self, f)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name(self, f)
    }
}

/// Writes the name of `value` on the command line.
fn name(value: &impl ValueEnum, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let value = value.to_possible_value();
    f.pad(value.as_ref().map_or("", |value| value.get_name()))
}
