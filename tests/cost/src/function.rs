//! One function, with each attribute.
//!
//! The body is the same everywhere: next to nothing, so that what is measured is the attribute.

use std::fmt;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use autometrics::autometrics;
use axisor_telemetry::instrument_automation;
use tracing::instrument;

use crate::{Case, Form, Scenario, Subject};

/// Makes this many calls.
pub(crate) type Calls = fn(u64);

/// The error of the functions, which they never return.
#[derive(Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

/// The function that `case` measures, in a loop.
#[must_use]
pub(crate) fn calls(case: &Case) -> Calls {
    let counts_only = matches!(case.scenario, Scenario::Absent | Scenario::Counter);
    match (case.subject, case.form) {
        (Subject::Bare, Form::Sync) => |calls| repeat(calls, bare),
        (Subject::Bare, Form::Async) => |calls| repeat(calls, |value| ready(bare_async(value))),
        (Subject::Ours, Form::Sync) if counts_only => |calls| repeat(calls, counted),
        (Subject::Ours, Form::Async) if counts_only => {
            |calls| repeat(calls, |value| ready(counted_async(value)))
        }
        (Subject::Ours, Form::Sync) => |calls| repeat(calls, timed),
        (Subject::Ours, Form::Async) => |calls| repeat(calls, |value| ready(timed_async(value))),
        (Subject::Autometrics, Form::Sync) => |calls| repeat(calls, measured),
        (Subject::Autometrics, Form::Async) => {
            |calls| repeat(calls, |value| ready(measured_async(value)))
        }
        (Subject::Instrument, Form::Sync) => |calls| repeat(calls, instrumented),
        (Subject::Instrument, Form::Async) => {
            |calls| repeat(calls, |value| ready(instrumented_async(value)))
        }
        (Subject::Both | Subject::BothThrown, Form::Sync) => |calls| repeat(calls, both),
        (Subject::Both | Subject::BothThrown, Form::Async) => {
            |calls| repeat(calls, |value| ready(both_async(value)))
        }
        (Subject::Fastrace | Subject::FastraceThrown, Form::Sync) => |calls| repeat(calls, traced),
        (Subject::Fastrace | Subject::FastraceThrown, Form::Async) => {
            |calls| repeat(calls, |value| ready(traced_async(value)))
        }
    }
}

#[inline]
fn repeat(calls: u64, function: impl Fn(u64) -> Result<u64, Refused>) {
    for value in 0..calls {
        let _ = black_box(function(black_box(value)));
    }
}

/// What a future returns that does not wait.
#[inline]
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the functions here wait for nothing"),
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "the body is part of each function")]
fn body(value: u64) -> Result<u64, Refused> {
    if black_box(value) == u64::MAX {
        return Err(Refused);
    }
    Ok(value)
}

#[inline(never)]
fn bare(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[expect(clippy::unused_async, reason = "as the annotated ones")]
async fn bare_async(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[inline(never)]
#[instrument_automation(type = "cost")]
fn counted(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[instrument_automation(type = "cost")]
async fn counted_async(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[inline(never)]
#[instrument_automation(type = "cost", duration)]
fn timed(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[instrument_automation(type = "cost", duration)]
async fn timed_async(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[inline(never)]
#[autometrics]
fn measured(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[autometrics]
async fn measured_async(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[inline(never)]
#[instrument(skip_all)]
fn instrumented(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[instrument(skip_all)]
async fn instrumented_async(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[inline(never)]
#[autometrics]
#[instrument(skip_all)]
fn both(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[autometrics]
#[instrument(skip_all)]
async fn both_async(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[inline(never)]
#[fastrace::trace]
fn traced(value: u64) -> Result<u64, Refused> {
    body(value)
}

#[fastrace::trace]
async fn traced_async(value: u64) -> Result<u64, Refused> {
    body(value)
}
