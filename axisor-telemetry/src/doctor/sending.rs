//! From the service to the Collector: whether the settings send at all, and why the receiver took nothing.

use super::canary::{Canary, Sent, Trace, receiver};
use super::probe::probe;
use super::{Cause, Finding, Hop, Outcome};
use crate::config::{Config, Origin, Otlp, Sampler};
use crate::pipeline::Signal;

/// Fine if the Collector took the canary of `signal`.
///
/// # Errors
/// What became of it instead.
pub(super) async fn taken(config: &Config, canary: &Canary, signal: Signal) -> Result<(), Outcome> {
    let Some(otlp) = receiver(config, signal) else {
        return Err(not_sent(config, signal));
    };
    let why = match canary.sent(signal) {
        Sent::Taken => return Ok(()),
        Sent::Nothing => return Err(in_service(held_back(config, canary, signal))),
        Sent::Failed(why) => why,
    };
    let cause = not_taken(otlp, signal, why).await;
    Err(Outcome::Lost(Finding::new(Hop::ServiceToCollector, cause)))
}

fn in_service(cause: Cause) -> Outcome {
    Outcome::Lost(Finding::new(Hop::Service, cause))
}

fn not_sent(config: &Config, signal: Signal) -> Outcome {
    if config.disabled {
        let (_, origin) = setting(config, "disabled");
        return in_service(Cause::Disabled { origin });
    }
    let key = match signal {
        Signal::Metrics => "metrics.exporter",
        Signal::Logs => "logs.exporter",
        Signal::Traces | Signal::Errors => "traces.exporter",
    };
    let (value, origin) = setting(config, key);
    let cause = Cause::ExporterOff { key, value, origin };
    match signal {
        Signal::Logs => Outcome::NotSent(cause), // they are on the process's own output all the same
        _ => in_service(cause),
    }
}

fn setting(config: &Config, key: &str) -> (String, Origin) {
    let found = config.effective().find(|(known, ..)| *known == key);
    found.map_or(
        ("none".to_owned(), Origin::Default),
        |(_, value, origin)| (value.to_owned(), origin.clone()),
    )
}

/// Why nothing came as far as the exporter.
fn held_back(config: &Config, canary: &Canary, signal: Signal) -> Cause {
    match (signal, &canary.trace) {
        (Signal::Traces, Trace::NotSampled) => {
            let sampler = spelling(config.traces.sampler);
            Cause::NotSampled { sampler }
        }
        (Signal::Traces, Trace::NoSpan) => level_off("traces.level", &config.traces.level),
        (Signal::Logs, _) => level_off("logging.level", &config.logging.level),
        _ => Cause::Refused {
            answer: String::new(),
        },
    }
}

fn level_off(key: &'static str, value: &str) -> Cause {
    let value = value.to_owned();
    Cause::LevelOff { key, value }
}

/// As OpenTelemetry spells it.
fn spelling(sampler: Sampler) -> String {
    match sampler {
        Sampler::AlwaysOn => "always_on".to_owned(),
        Sampler::AlwaysOff => "always_off".to_owned(),
        Sampler::TraceIdRatio(share) => format!("traceidratio of {share}"),
        Sampler::ParentBasedAlwaysOn => "parentbased_always_on".to_owned(),
        Sampler::ParentBasedAlwaysOff => "parentbased_always_off".to_owned(),
        Sampler::ParentBasedTraceIdRatio(share) => format!("parentbased_traceidratio of {share}"),
    }
}

async fn not_taken(otlp: &Otlp, signal: Signal, why: String) -> Cause {
    let probe = Box::pin(probe(otlp, signal)); // it holds the state of TLS
    match probe.await {
        Err(cause) => cause,
        Ok(()) => refusal(signal, why),
    }
}

/// What the receiver meant, by the words of our exporters and of the Collector's parts.
fn refusal(signal: Signal, answer: String) -> Cause {
    let says = |words: &[&str]| words.iter().any(|words| answer.contains(words));
    if says(&["high memory usage"]) {
        Cause::MemoryLimit { answer }
    } else if says(&["queue is full"]) {
        Cause::QueueFull { answer }
    } else if says(&[
        "status 401",
        "status 403",
        "authentication credentials",
        "not have permission",
    ]) {
        Cause::Unauthorized { answer }
    } else if says(&["unknown service"]) {
        Cause::NoPipeline { signal }
    } else {
        Cause::Refused { answer }
    }
}
