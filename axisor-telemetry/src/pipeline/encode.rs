//! Spans in the protocol's encoding.
//!
//! A call's span is written straight from what is known of it, which takes a small part of the work of building the
//! protocol's messages first: <https://github.com/open-telemetry/opentelemetry-proto>, `trace/v1/trace.proto`. Spans
//! of the SDK go through its own messages.

use bytes::{BufMut as _, Bytes};
use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::common::v1 as proto;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, SpanFlags, span};
use opentelemetry_proto::transform::common::tonic::{Attributes, ResourceAttributesWithSchema};
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use super::batches::{Encode, Items};
use super::queue::Waiting;
use crate::catalog::SCOPE;
use crate::clock::{Anchor, Clock};
use crate::trace::{Attribute, EndedSpan, count};

/// A request with so many spans.
#[derive(Debug)]
pub(super) struct EncodedSpans {
    pub(super) message: Bytes,
    pub(super) spans: usize,
}

/// Encodes the spans of one resource.
pub(super) struct Encoder {
    resource: ResourceAttributesWithSchema,
    /// A `ResourceSpans` without spans.
    resource_head: Vec<u8>,
    /// A `ScopeSpans` of ours without spans.
    own_head: Vec<u8>,
    clock: Clock,
    limit: usize,
}

impl Encoder {
    /// Requests have about `limit` bytes at most: a span larger than that is a request of its own.
    pub(super) fn new(resource: &Resource, clock: Clock, limit: usize) -> Self {
        let own = InstrumentationScope::builder(SCOPE).build();
        let own = ScopeSpans {
            scope: Some(proto::InstrumentationScope::from((own, None))),
            ..ScopeSpans::default()
        };
        let head = ResourceSpans {
            resource: Some(resource.into()),
            schema_url: resource.schema_url().unwrap_or_default().to_owned(),
            ..ResourceSpans::default()
        };
        Self {
            resource: resource.into(),
            resource_head: head.encode_to_vec(),
            own_head: own.encode_to_vec(),
            clock,
            limit,
        }
    }
}

impl Items for EncodedSpans {
    fn items(&self) -> usize {
        self.spans
    }
}

impl Encode for Encoder {
    type Item = Waiting;
    type Request = EncodedSpans;

    fn encode(&self, batch: Vec<Waiting>) -> Vec<EncodedSpans> {
        let anchor = self.clock.anchor();
        let mut requests = Requests::new(self);
        let mut others = Vec::new();
        requests.scope(&self.own_head);
        for span in batch {
            match span {
                Waiting::Call(span) => requests.span(|out| call(out, &span, &self.clock, anchor)),
                Waiting::Sdk(span) => others.push(span),
            }
        }
        let grouped = group_spans_by_resource_and_scope(others, &self.resource);
        for mut group in grouped
            .into_iter()
            .flat_map(|resource| resource.scope_spans)
        {
            let spans = std::mem::take(&mut group.spans);
            requests.scope(&group.encode_to_vec());
            for span in spans {
                requests.span(|out| message(out, &span));
            }
        }
        requests.finish()
    }
}

/// Requests as they fill up.
struct Requests<'a> {
    encoder: &'a Encoder,
    done: Vec<EncodedSpans>,
    /// The finished `ScopeSpans` of the request under way.
    scopes: Vec<u8>,
    /// The head of the `ScopeSpans` under way, and its spans.
    head: Vec<u8>,
    entries: Vec<u8>,
    spans: usize,
    span: Vec<u8>,
}

impl<'a> Requests<'a> {
    fn new(encoder: &'a Encoder) -> Self {
        Self {
            encoder,
            done: Vec::new(),
            scopes: Vec::new(),
            head: Vec::new(),
            entries: Vec::new(),
            spans: 0,
            span: Vec::new(),
        }
    }

    fn scope(&mut self, head: &[u8]) {
        self.end_scope();
        head.clone_into(&mut self.head);
    }

    fn span(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.span.clear();
        write(&mut self.span);
        let size = self.scopes.len() + self.entries.len() + self.span.len();
        if self.spans > 0 && size > self.encoder.limit {
            self.end_request();
        }
        bytes(&mut self.entries, scope_spans::SPANS, &self.span);
        self.spans += 1;
    }

    fn end_scope(&mut self) {
        if self.entries.is_empty() {
            return;
        }
        delimiter(
            &mut self.scopes,
            resource_spans::SCOPE_SPANS,
            self.head.len() + self.entries.len(),
        );
        self.scopes.extend_from_slice(&self.head);
        self.scopes.append(&mut self.entries);
    }

    fn end_request(&mut self) {
        self.end_scope();
        let head = &self.encoder.resource_head;
        let size = head.len() + self.scopes.len();
        let mut request = Vec::with_capacity(size + 16);
        delimiter(&mut request, export_request::RESOURCE_SPANS, size);
        request.extend_from_slice(head);
        request.append(&mut self.scopes);
        self.done.push(EncodedSpans {
            message: Bytes::from(request),
            spans: std::mem::take(&mut self.spans),
        });
    }

    fn finish(mut self) -> Vec<EncodedSpans> {
        if self.spans > 0 {
            self.end_request();
        }
        self.done
    }
}

/// Field numbers of the protocol.
mod export_request {
    pub(super) const RESOURCE_SPANS: u32 = 1;
}
mod resource_spans {
    pub(super) const SCOPE_SPANS: u32 = 2;
}
mod scope_spans {
    pub(super) const SPANS: u32 = 2;
}
mod field {
    pub(super) const TRACE_ID: u32 = 1;
    pub(super) const SPAN_ID: u32 = 2;
    pub(super) const TRACE_STATE: u32 = 3;
    pub(super) const PARENT_SPAN_ID: u32 = 4;
    pub(super) const NAME: u32 = 5;
    pub(super) const KIND: u32 = 6;
    pub(super) const START: u32 = 7;
    pub(super) const END: u32 = 8;
    pub(super) const ATTRIBUTES: u32 = 9;
    pub(super) const DROPPED_ATTRIBUTES: u32 = 10;
    pub(super) const EVENTS: u32 = 11;
    pub(super) const DROPPED_EVENTS: u32 = 12;
    pub(super) const LINKS: u32 = 13;
    pub(super) const DROPPED_LINKS: u32 = 14;
    pub(super) const STATUS: u32 = 15;
    pub(super) const FLAGS: u32 = 16;
}
mod status {
    pub(super) const MESSAGE: u32 = 2;
    pub(super) const CODE: u32 = 3;
}
mod key_value {
    pub(super) const KEY: u32 = 1;
    pub(super) const VALUE: u32 = 2;
}
mod any_value {
    pub(super) const STRING: u32 = 1;
    pub(super) const INT: u32 = 3;
}

/// The `Span` of a call.
fn call(out: &mut Vec<u8>, span: &EndedSpan, clock: &Clock, anchor: Anchor) {
    identity(out, span);
    bytes(out, field::NAME, span.name().as_bytes());
    varint(out, field::KIND, kind(&span.spec.kind) as u64);
    fixed64(out, field::START, clock.unix_nanos(anchor, span.started));
    fixed64(out, field::END, clock.unix_nanos(anchor, span.ended));
    let (attributes, dropped) = span.attributes();
    for attribute in attributes {
        self::attribute(out, &attribute);
    }
    number(out, field::DROPPED_ATTRIBUTES, count(dropped));
    if span.has_events() {
        events(out, span, clock, anchor);
    }
    if span.added.is_some() {
        links(out, span);
    }
    status_of(out, &span.status());
}

fn identity(out: &mut Vec<u8>, span: &EndedSpan) {
    let context = &span.context;
    bytes(out, field::TRACE_ID, &context.trace_id().to_bytes());
    bytes(out, field::SPAN_ID, &context.span_id().to_bytes());
    let state = context.trace_state().header();
    if !state.is_empty() {
        bytes(out, field::TRACE_STATE, state.as_bytes());
    }
    if span.parent != SpanId::INVALID {
        bytes(out, field::PARENT_SPAN_ID, &span.parent.to_bytes());
    }
    let mut flags = u32::from(context.trace_flags().to_u8());
    flags |= SpanFlags::ContextHasIsRemoteMask as u32;
    if span.parent_is_remote {
        flags |= SpanFlags::ContextIsRemoteMask as u32;
    }
    encode_key(field::FLAGS, WireType::ThirtyTwoBit, out);
    out.put_u32_le(flags);
}

fn kind(kind: &SpanKind) -> span::SpanKind {
    match kind {
        SpanKind::Internal => span::SpanKind::Internal,
        SpanKind::Server => span::SpanKind::Server,
        SpanKind::Client => span::SpanKind::Client,
        SpanKind::Producer => span::SpanKind::Producer,
        SpanKind::Consumer => span::SpanKind::Consumer,
    }
}

fn attribute(out: &mut Vec<u8>, attribute: &Attribute<'_>) {
    match attribute {
        Attribute::Text(name, text) => {
            let value = bytes_len(text.len());
            key_and_value(out, name, value);
            bytes(out, any_value::STRING, text.as_bytes());
        }
        Attribute::Number(name, number) => {
            #[expect(clippy::cast_sign_loss, reason = "as the protocol encodes an int64")]
            let number = *number as u64;
            key_and_value(out, name, 1 + encoded_len_varint(number));
            varint(out, any_value::INT, number);
        }
        Attribute::Any(attribute) => {
            for attribute in attributes(vec![KeyValue::clone(attribute)]) {
                delimited(out, field::ATTRIBUTES, &attribute);
            }
        }
    }
}

fn attributes(attributes: Vec<KeyValue>) -> Vec<proto::KeyValue> {
    Attributes::from(attributes).0
}

/// The beginning of a `KeyValue` whose `AnyValue` has `value` bytes.
fn key_and_value(out: &mut Vec<u8>, name: &str, value: usize) {
    delimiter(
        out,
        field::ATTRIBUTES,
        bytes_len(name.len()) + bytes_len(value),
    );
    bytes(out, key_value::KEY, name.as_bytes());
    delimiter(out, key_value::VALUE, value);
}

fn events(out: &mut Vec<u8>, span: &EndedSpan, clock: &Clock, anchor: Anchor) {
    let events = span.events(clock, anchor);
    number(out, field::DROPPED_EVENTS, events.dropped_count);
    for event in events {
        let event = span::Event {
            time_unix_nano: crate::clock::unix_nanos(event.timestamp),
            name: event.name.into(),
            attributes: attributes(event.attributes),
            dropped_attributes_count: event.dropped_attributes_count,
        };
        delimited(out, field::EVENTS, &event);
    }
}

fn links(out: &mut Vec<u8>, span: &EndedSpan) {
    let links = span.links();
    number(out, field::DROPPED_LINKS, links.dropped_count);
    for link in links.links {
        delimited(out, field::LINKS, &span::Link::from(link));
    }
}

fn status_of(out: &mut Vec<u8>, status: &Status) {
    let (code, text) = match status {
        Status::Unset => (StatusCode::Unset, ""),
        Status::Ok => (StatusCode::Ok, ""),
        Status::Error { description } => (StatusCode::Error, &**description),
    };
    let text_len = if text.is_empty() {
        0
    } else {
        bytes_len(text.len())
    };
    let code_len = if code == StatusCode::Unset { 0 } else { 2 };
    delimiter(out, field::STATUS, text_len + code_len);
    if !text.is_empty() {
        bytes(out, status::MESSAGE, text.as_bytes());
    }
    number(out, status::CODE, code as u32);
}

/// A field of bytes or text.
fn bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    delimiter(out, field, value.len());
    out.extend_from_slice(value);
}

/// How long [`bytes`] of a low field are.
fn bytes_len(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}

fn delimiter(out: &mut Vec<u8>, field: u32, length: usize) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(length as u64, out);
}

fn delimited(out: &mut Vec<u8>, field: u32, message: &impl Message) {
    delimiter(out, field, message.encoded_len());
    self::message(out, message);
}

fn message(out: &mut Vec<u8>, message: &impl Message) {
    message.encode_raw(out);
}

fn varint(out: &mut Vec<u8>, field: u32, value: u64) {
    encode_key(field, WireType::Varint, out);
    encode_varint(value, out);
}

/// A number that is left out when it is 0.
fn number(out: &mut Vec<u8>, field: u32, value: u32) {
    if value > 0 {
        varint(out, field, u64::from(value));
    }
}

fn fixed64(out: &mut Vec<u8>, field: u32, value: u64) {
    encode_key(field, WireType::SixtyFourBit, out);
    out.put_u64_le(value);
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use opentelemetry::trace::{Event, Link, SpanContext, SpanId, TraceFlags, TraceId, TraceState};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::Span;
    use opentelemetry_sdk::trace::SpanData;
    use proptest::prelude::*;

    use super::*;
    use crate::call::{Labels, Spec};
    use crate::record::Recorder;
    use crate::trace::{Added, CallResult, Code, Limits};

    fn spec(margin_guard: bool, kind: SpanKind) -> &'static Spec {
        let code = Code {
            function: "axisor::guard::check",
            file: "src/guard.rs",
            line: 4_000_000_000,
        };
        let recorder = if margin_guard {
            Recorder::MarginGuard
        } else {
            Recorder::Automation
        };
        Box::leak(Box::new(Spec {
            kind,
            ..Spec::new(recorder, "check", "axisor::guard", code)
        }))
    }

    fn value() -> impl Strategy<Value = opentelemetry::Value> {
        prop_oneof![
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            (-1e9_f64..1e9).prop_map(Into::into),
            "\\PC{0,300}".prop_map(Into::into),
        ]
    }

    fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
        let attribute = ("[a-z.]{0,12}", value());
        let attribute = attribute.prop_map(|(key, value)| KeyValue::new(key, value));
        prop::collection::vec(attribute, 0..4)
    }

    fn context() -> impl Strategy<Value = SpanContext> {
        let state = prop_oneof![
            Just(TraceState::NONE),
            Just(TraceState::from_key_value([("axisor", "1"), ("other", "2")]).unwrap()),
        ];
        (1_u128.., 1_u64.., any::<bool>(), any::<bool>(), state).prop_map(
            |(trace, span, sampled, remote, state)| {
                let flags = TraceFlags::default().with_sampled(sampled);
                SpanContext::new(
                    TraceId::from(trace),
                    SpanId::from(span),
                    flags,
                    remote,
                    state,
                )
            },
        )
    }

    fn added() -> impl Strategy<Value = Added> {
        let time = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let event = ("[a-z]{0,5}", attributes(), 0_u64..9_999_999);
        let event = event.prop_map(move |(name, attributes, seconds)| {
            Event::new(name, time(seconds), attributes, 1)
        });
        let link = (context(), attributes());
        let link = link.prop_map(|(context, attributes)| Link::new(context, attributes, 2));
        let status = prop_oneof![
            Just(Status::Unset),
            Just(Status::Ok),
            Just(Status::error("mine")),
            Just(Status::error("")),
        ];
        let name = prop::option::of("[a-z ]{0,9}");
        let events = prop::collection::vec(event, 0..3);
        let links = prop::collection::vec(link, 0..3);
        (name, attributes(), events, links, status, 0_usize..2).prop_map(
            |(name, attributes, events, links, status, dropped)| Added {
                name: name.map(Into::into),
                attributes,
                dropped_attributes: dropped,
                events,
                dropped_events: dropped,
                links,
                dropped_links: dropped,
                status,
            },
        )
    }

    fn result() -> impl Strategy<Value = CallResult> {
        prop_oneof![
            Just(CallResult::Success),
            "\\PC{0,200}".prop_map(|text| CallResult::Failure("axisor::Error", text)),
            Just(CallResult::Panic),
            Just(CallResult::Cancelled),
        ]
    }

    fn kinds() -> impl Strategy<Value = SpanKind> {
        prop_oneof![
            Just(SpanKind::Internal),
            Just(SpanKind::Server),
            Just(SpanKind::Client),
            Just(SpanKind::Producer),
            Just(SpanKind::Consumer),
        ]
    }

    fn ended(clock: &Clock) -> impl Strategy<Value = EndedSpan> + use<> {
        let clock = clock.clone();
        let site = (any::<bool>(), kinds(), ["\\PC{0,70}", "[a-z]{1,9}"]);
        let above = (context(), any::<Option<u64>>(), any::<bool>());
        let limit = prop_oneof![Just(128), 0_usize..9];
        (
            site,
            above,
            result(),
            prop::option::of(added()),
            limit,
            0_u64..1_000,
        )
            .prop_map(
                move |(
                    (guard, kind, labels),
                    (context, parent, remote),
                    result,
                    added,
                    limit,
                    ms,
                )| {
                    let started = clock.now();
                    clock.advance(Duration::from_millis(ms));
                    EndedSpan {
                        context,
                        parent: parent.map_or(SpanId::INVALID, SpanId::from),
                        parent_is_remote: remote,
                        spec: spec(guard, kind),
                        labels: Labels(labels.map(Into::into)),
                        started,
                        ended: clock.now(),
                        result,
                        added: added.map(Box::new),
                        limits: Limits {
                            attributes: limit,
                            events: limit,
                            links: limit,
                        },
                    }
                },
            )
    }

    fn decoded(requests: &[EncodedSpans]) -> Vec<ResourceSpans> {
        let decode = |request: &EncodedSpans| {
            let request = ExportTraceServiceRequest::decode(request.message.clone());
            request.expect("a request").resource_spans
        };
        requests.iter().flat_map(decode).collect()
    }

    fn spans(groups: &[ResourceSpans]) -> Vec<Span> {
        let scopes = groups.iter().flat_map(|group| &group.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    fn resource() -> Resource {
        Resource::builder_empty()
            .with_service_name("axisor-test")
            .build()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_calls_span_is_what_the_protocols_own_messages_make_of_it(
            batch in ended(&Clock::manual()).prop_flat_map(|span| prop::collection::vec(Just(span), 1..3)),
        ) {
            let clock = Clock::manual();
            clock.advance(Duration::from_secs(2));
            let resource = resource();
            let encoder = Encoder::new(&resource, clock.clone(), usize::MAX);
            let ours = batch.iter().cloned().map(Waiting::Call).collect();
            let ours = decoded(&encoder.encode(ours));
            let anchor = clock.anchor();
            let data: Vec<SpanData> = batch.iter().map(|span| span.data(&clock, anchor)).collect();
            let mut theirs = group_spans_by_resource_and_scope(data, &(&resource).into());
            let mut ours = ours;
            let (own, other) = (spans(&ours), spans(&theirs));
            for (own, other) in own.iter().zip(&other) {
                let took = |span: &Span| span.end_time_unix_nano - span.start_time_unix_nano;
                prop_assert_eq!(took(own), took(other));
            }
            for group in ours.iter_mut().chain(&mut theirs) {
                for span in group.scope_spans.iter_mut().flat_map(|scope| &mut scope.spans) {
                    // The anchors were taken one after the other.
                    (span.start_time_unix_nano, span.end_time_unix_nano) = (0, 0);
                    for event in span.events.iter_mut().filter(|event| event.name == "exception") {
                        event.time_unix_nano = 0;
                    }
                }
            }
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn every_span_arrives_once_in_requests_within_the_limit(
            batch in prop::collection::vec((ended(&Clock::manual()), any::<bool>()), 0..20),
            limit in 1_usize..4_000,
        ) {
            let clock = Clock::manual();
            let encoder = Encoder::new(&resource(), clock.clone(), limit);
            let mut ids: Vec<u64> = Vec::new();
            let waiting = batch.into_iter().map(|(span, sdk)| {
                ids.push(u64::from_be_bytes(span.context.span_id().to_bytes()));
                if sdk {
                    Waiting::Sdk(span.data(&clock, clock.anchor()))
                } else {
                    Waiting::Call(span)
                }
            });
            let waiting = waiting.collect();
            let requests = encoder.encode(waiting);
            for request in &requests {
                let groups = decoded(std::slice::from_ref(request));
                prop_assert_eq!(spans(&groups).len(), request.spans);
                prop_assert!(request.spans == 1 || request.message.len() <= limit + 400);
            }
            let arrived = spans(&decoded(&requests));
            let mut arrived: Vec<u64> = arrived
                .iter()
                .map(|span| u64::from_be_bytes(span.span_id.as_slice().try_into().unwrap()))
                .collect();
            arrived.sort_unstable();
            ids.sort_unstable();
            prop_assert_eq!(arrived, ids);
        }
    }
}
