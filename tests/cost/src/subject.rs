//! The telemetry that a case runs under.

mod autometrics;
mod fastrace;
mod instrument;
mod ours;

use std::any::Any;

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};

use crate::{Case, Scenario, Subject};

/// How many calls are made before everything is flushed: a batch of the exporters, so that none drops a span.
pub const ROUND: u64 = 512;

/// A telemetry that has started.
pub(crate) trait Running: Sync {
    /// Makes the parent of a round's calls the current one, on the calling thread, until the value is dropped.
    fn enter(&self) -> Box<dyn Any> {
        Box::new(())
    }

    /// Waits until every span that ended is sent.
    fn flush(&self) {}

    /// Ends the telemetry, and checks that it has recorded this many calls.
    ///
    /// # Panics
    /// If it has not.
    fn end(self: Box<Self>, _calls: u64) {}
}

/// Starts what `case` runs under.
#[must_use]
pub(crate) fn start(case: &Case) -> Box<dyn Running> {
    match case.subject {
        Subject::Bare => Box::new(Nothing),
        _ if case.scenario == Scenario::Absent => Box::new(Nothing),
        Subject::Ours => Box::new(ours::Ours::start(case)),
        Subject::Autometrics => Box::new(autometrics::Autometrics::start()),
        Subject::Instrument => Box::new(instrument::Instrument::start(case)),
        Subject::Both | Subject::BothThrown => Box::new(instrument::Both::start(case)),
        Subject::Fastrace | Subject::FastraceThrown => Box::new(fastrace::Fastrace::start(case)),
    }
}

struct Nothing;

impl Running for Nothing {}

/// Makes the span that a scenario's calls are below the current one of OpenTelemetry.
fn parent(scenario: Scenario) -> Box<dyn Any> {
    let flags = match scenario {
        Scenario::Sampled => TraceFlags::SAMPLED,
        Scenario::Unsampled => TraceFlags::NOT_SAMPLED,
        Scenario::Absent | Scenario::Counter | Scenario::Refused | Scenario::Root => {
            return Box::new(());
        }
    };
    let span = SpanContext::new(
        TraceId::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c),
        SpanId::from(0xb7ad_6b71_6920_3331),
        flags,
        false, // it is this process's own
        TraceState::default(),
    );
    let parent = Context::new().with_remote_span_context(span);
    Box::new(parent.attach())
}
