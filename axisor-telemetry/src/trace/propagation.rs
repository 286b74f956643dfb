//! How context enters and leaves the process: W3C [trace context] and [baggage].
//!
//! The SDK's propagators do the work. They are lenient with what comes from outside, and warn of each bad entry of
//! baggage, with its content; so what they read is held against the specifications first, and what is not as they say is
//! as if it had not come.
//!
//! [trace context]: https://www.w3.org/TR/trace-context/
//! [baggage]: https://www.w3.org/TR/baggage/

use std::collections::HashSet;
use std::ops::Range;

use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{
    Extractor, Injector, TextMapCompositePropagator, TextMapPropagator,
};
use opentelemetry::{Context, StringValue};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use percent_encoding::percent_decode_str;

use crate::config;

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
const BAGGAGE: &str = "baggage";

/// `00-`, the trace's 32 digits, `-`, the parent's 16, `-`, two of flags: all of version 00, the beginning of later ones.
const TRACEPARENT_LENGTH: usize = 55;
const MAX_TRACESTATE_MEMBERS: usize = 32;
const MAX_TRACESTATE_LENGTH: usize = 512;
/// Longer members go first where not all can stay.
const LONG_MEMBER: usize = 128;
const MAX_BAGGAGE_LENGTH: usize = 8192;

/// The configured propagators, strict in what they read.
#[derive(Debug)]
pub(crate) struct Propagation(TextMapCompositePropagator);

impl Propagation {
    pub(crate) fn new(propagators: &[config::Propagator]) -> Self {
        let propagator =
            |propagator: &config::Propagator| -> Box<dyn TextMapPropagator + Send + Sync> {
                match propagator {
                    config::Propagator::TraceContext => Box::new(TraceContextPropagator::new()),
                    config::Propagator::Baggage => Box::new(BaggagePropagator::new()),
                }
            };
        let propagators = propagators.iter().map(propagator).collect();
        Self(TextMapCompositePropagator::new(propagators))
    }
}

impl TextMapPropagator for Propagation {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let has_percent = |(_, (value, _)): (_, &(StringValue, _))| value.as_str().contains('%');
        if context.baggage().iter().any(has_percent) {
            self.0.inject_context(&escaped(context), injector);
        } else {
            self.0.inject_context(context, injector);
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        self.0
            .extract_with_context(context, &Checked::new(extractor))
    }

    fn fields(&self) -> FieldIter<'_> {
        self.0.fields()
    }
}

/// `context` whose baggage has its percent signs encoded: the SDK encodes everything else.
fn escaped(context: &Context) -> Context {
    let entries = context.baggage().iter();
    let escaped = entries.map(|(name, (value, properties))| {
        let value = value.as_str().replace('%', "%25");
        KeyValueMetadata::new(name.clone(), value, properties.clone())
    });
    context.with_baggage(escaped)
}

/// What came, as far as it is well formed.
struct Checked<'a> {
    traceparent: Option<&'a str>,
    tracestate: Option<String>,
    baggage: Option<String>,
}

impl<'a> Checked<'a> {
    fn new(extractor: &'a dyn Extractor) -> Self {
        let all = |name| extractor.get_all(name).unwrap_or_default();
        let traceparent = traceparent(&all(TRACEPARENT));
        Self {
            tracestate: traceparent.and_then(|_| tracestate(&all(TRACESTATE).join(","))),
            traceparent,
            baggage: baggage(&all(BAGGAGE).join(",")),
        }
    }
}

impl Extractor for Checked<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            TRACEPARENT => self.traceparent,
            TRACESTATE => self.tracestate.as_deref(),
            BAGGAGE => self.baggage.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        let names = [TRACEPARENT, TRACESTATE, BAGGAGE].into_iter();
        names.filter(|name| self.get(name).is_some()).collect()
    }
}

/// The only `traceparent`, as far as version 00 goes: <https://www.w3.org/TR/trace-context/#versioning-of-traceparent>.
///
/// That neither id is all zeros the SDK sees to.
fn traceparent<'a>(given: &[&'a str]) -> Option<&'a str> {
    let [given] = given else {
        return None; // of several none is right
    };
    let given = given.trim_matches([' ', '\t']);
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
    let members = given
        .split(',')
        .map(|member| member.trim_matches([' ', '\t']));
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

/// The list without malformed members; one that is too long is none. Of its members the SDK keeps the first 64, as many
/// as the specification asks to be carried.
fn baggage(given: &str) -> Option<String> {
    if given.len() > MAX_BAGGAGE_LENGTH {
        return None;
    }
    let members: Vec<String> = given.split(',').filter_map(baggage_member).collect();
    (!members.is_empty()).then(|| members.join(","))
}

/// A member as the SDK takes it as it is: a value would end at a second `=`, which the specification allows in one, and
/// properties would be sent on decoded.
fn baggage_member(member: &str) -> Option<String> {
    let (pair, properties) = match member.split_once(';') {
        Some((pair, properties)) => (pair, Some(properties)),
        None => (member, None),
    };
    let (name, value) = pair.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    if !is_token(name) || percent_decode_str(value).decode_utf8().is_err() {
        return None;
    }
    let value = value.replace('=', "%3D");
    Some(match properties {
        Some(properties) => format!("{name}={value};{}", properties.replace('%', "%25")),
        None => format!("{name}={value}"),
    })
}

/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
fn is_token(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_letter)
}
