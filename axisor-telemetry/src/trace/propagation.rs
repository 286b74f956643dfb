//! How context enters and leaves the process: W3C [trace context] and [baggage].
//!
//! The SDK's propagator of trace context is lenient with what comes from outside; so what it reads is held against the
//! specification first, and what is not as that says is as if it had not come.
//!
//! [trace context]: https://www.w3.org/TR/trace-context/
//! [baggage]: https://www.w3.org/TR/baggage/

use std::collections::HashSet;
use std::ops::Range;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{
    Extractor, Injector, TextMapCompositePropagator, TextMapPropagator,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::baggage::BaggagePropagator;
use crate::config;

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// `00-`, the trace's 32 digits, `-`, the parent's 16, `-`, two of flags: all of version 00, the beginning of later ones.
const TRACEPARENT_LENGTH: usize = 55;
const MAX_TRACESTATE_MEMBERS: usize = 32;
const MAX_TRACESTATE_LENGTH: usize = 512;
/// Longer members go first where not all can stay.
const LONG_MEMBER: usize = 128;

/// The configured propagators, strict in what they read.
pub(crate) fn propagator(configured: &[config::Propagator]) -> TextMapCompositePropagator {
    let propagator = |it: &config::Propagator| -> Box<dyn TextMapPropagator + Send + Sync> {
        match it {
            config::Propagator::TraceContext => Box::new(Strict(TraceContextPropagator::new())),
            config::Propagator::Baggage => Box::new(BaggagePropagator::new()),
        }
    };
    TextMapCompositePropagator::new(configured.iter().map(propagator).collect())
}

/// The SDK's propagator of trace context, given only what is well formed.
#[derive(Debug)]
struct Strict(TraceContextPropagator);

impl TextMapPropagator for Strict {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        self.0.inject_context(context, injector);
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        self.0
            .extract_with_context(context, &Checked::new(extractor))
    }

    fn fields(&self) -> FieldIter<'_> {
        self.0.fields()
    }
}

/// What came, as far as it is well formed.
struct Checked<'a> {
    traceparent: Option<&'a str>,
    tracestate: Option<String>,
}

impl<'a> Checked<'a> {
    fn new(extractor: &'a dyn Extractor) -> Self {
        let traceparent = traceparent(&all(extractor, TRACEPARENT));
        let tracestate =
            traceparent.and_then(|_| tracestate(&all(extractor, TRACESTATE).join(",")));
        Self {
            traceparent,
            tracestate,
        }
    }
}

impl Extractor for Checked<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            TRACEPARENT => self.traceparent,
            TRACESTATE => self.tracestate.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        let names = [TRACEPARENT, TRACESTATE].into_iter();
        names.filter(|name| self.get(name).is_some()).collect()
    }
}

/// Every value that came under `name`.
pub(super) fn all<'a>(extractor: &'a dyn Extractor, name: &str) -> Vec<&'a str> {
    extractor.get_all(name).unwrap_or_default()
}

/// `text` without the white space that headers may have around what they list.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// The only `traceparent`, as far as version 00 goes: <https://www.w3.org/TR/trace-context/#versioning-of-traceparent>.
///
/// That neither id is all zeros the SDK sees to.
fn traceparent<'a>(given: &[&'a str]) -> Option<&'a str> {
    let [given] = given else {
        return None; // of several none is right
    };
    let given = trimmed(given);
    let (known, more) = given.split_at_checked(TRACEPARENT_LENGTH)?;
    let digits = |range: Range<usize>| known.as_bytes()[range].iter().copied().all(is_hex);
    let dashes = [2, 35, 52].iter().all(|at| known.as_bytes()[*at] == b'-');
    if !(dashes && digits(0..2) && digits(3..35) && digits(36..52) && digits(53..55)) {
        return None;
    }
    let fits = match &known[..2] {
        "ff" => false,
        "00" => more.is_empty(),
        _ => more.is_empty() || more.starts_with('-'),
    };
    fits.then_some(known)
}

fn is_hex(digit: u8) -> bool {
    matches!(digit, b'0'..=b'9' | b'a'..=b'f')
}

/// The list without empty members, cut at its limits: <https://www.w3.org/TR/trace-context/#tracestate-limits>.
///
/// A list with a malformed member, a key twice, or more members than there may be is no list.
fn tracestate(given: &str) -> Option<String> {
    let members = given.split(',').map(trimmed);
    let mut members: Vec<&str> = members.filter(|member| !member.is_empty()).collect();
    if members.is_empty() || members.len() > MAX_TRACESTATE_MEMBERS {
        return None;
    }
    let keys: Option<HashSet<&str>> = members.iter().map(|member| member_key(member)).collect();
    if keys?.len() < members.len() {
        return None;
    }
    if length(&members) > MAX_TRACESTATE_LENGTH {
        members.retain(|member| member.len() <= LONG_MEMBER);
    }
    while length(&members) > MAX_TRACESTATE_LENGTH {
        members.pop();
    }
    Some(members.join(","))
}

/// The key of a `tracestate` member whose value is well formed. The SDK looks at the key's letters.
fn member_key(member: &str) -> Option<&str> {
    let (key, value) = member.split_once('=')?;
    let is_text = |byte: u8| matches!(byte, 0x20..=0x7e) && byte != b'=';
    let is_value = !value.is_empty() && value.len() <= 256 && value.bytes().all(is_text);
    (!key.is_empty() && is_value).then_some(key)
}

fn length(members: &[&str]) -> usize {
    let commas = members.len().saturating_sub(1);
    members.iter().map(|member| member.len()).sum::<usize>() + commas
}
