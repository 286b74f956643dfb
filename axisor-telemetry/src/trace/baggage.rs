//! Baggage as it is written in a header, after [W3C Baggage](https://www.w3.org/TR/baggage/).
//!
//! The SDK's propagator is not used: it cuts a value at its second `=`, sends properties on decoded, refuses what is not
//! UTF-8 where the specification replaces it, and warns of each bad entry, with its content.

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::propagation::{all, trimmed};

const HEADER: &str = "baggage";
/// More is not asked to be carried. Of members `Baggage` itself keeps the first 64, as many as are.
const MAX_LENGTH: usize = 8192;
/// What cannot stand in a value as it is. `=` can, but there are readers that end a value there.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b',')
    .add(b';')
    .add(b'=')
    .add(b'\\');

/// Carries baggage in and out.
#[derive(Debug)]
pub(super) struct BaggagePropagator([String; 1]);

impl BaggagePropagator {
    pub(super) fn new() -> Self {
        Self([HEADER.to_owned()])
    }
}

impl TextMapPropagator for BaggagePropagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let baggage = context.baggage();
        if !baggage.is_empty() {
            injector.set(HEADER, written(baggage));
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let members = read(&all(extractor, HEADER).join(","));
        if members.is_empty() {
            return context.clone();
        }
        context.with_baggage(members)
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

fn written(baggage: &Baggage) -> String {
    let members = baggage.iter().map(|(name, (value, properties))| {
        let value = utf8_percent_encode(value.as_str(), ENCODED);
        match properties.as_str() {
            "" => format!("{name}={value}"),
            properties => format!("{name}={value};{properties}"),
        }
    });
    members.collect::<Vec<_>>().join(",")
}

/// The members that are well formed; of a list that is too long, none.
fn read(given: &str) -> Vec<KeyValueMetadata> {
    if given.len() > MAX_LENGTH {
        return Vec::new();
    }
    given.split(',').filter_map(member).collect()
}

/// A member with its properties as they came, but for those that are malformed.
fn member(given: &str) -> Option<KeyValueMetadata> {
    let mut parts = given.split(';').map(trimmed);
    let (name, value) = pair(parts.next()?)?;
    let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
    let properties: Vec<&str> = parts.filter(|part| is_property(part)).collect();
    let properties = properties.join(";");
    Some(KeyValueMetadata::new(name.to_owned(), value, properties))
}

fn pair(given: &str) -> Option<(&str, &str)> {
    let (name, value) = given.split_once('=')?;
    let (name, value) = (trimmed(name), trimmed(value));
    (is_token(name) && value.bytes().all(is_octet)).then_some((name, value))
}

fn is_property(given: &str) -> bool {
    is_token(given) || pair(given).is_some()
}

/// What a value is made of: `baggage-octet` of <https://www.w3.org/TR/baggage/#definition>.
fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
fn is_token(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_letter)
}
