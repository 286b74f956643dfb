//! A call's span when it is over, as exporters get it.

use opentelemetry::trace::{Event, SpanContext, SpanId, Status};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use opentelemetry_semantic_conventions::attribute::{
    CODE_FILE_PATH, CODE_FUNCTION_NAME, CODE_LINE_NUMBER, ERROR_TYPE, EXCEPTION_MESSAGE,
    EXCEPTION_TYPE,
};

use super::OUTCOME;
use super::live::Added;
use super::spans::Limits;
use crate::call::{Labels, Spec};
use crate::catalog::SCOPE;
use crate::clock::{Anchor, Clock, Moment};

/// The span of a call that is over.
#[derive(Debug, Clone)]
pub(crate) struct EndedSpan {
    pub(crate) context: SpanContext,
    pub(crate) parent: SpanId,
    pub(crate) parent_is_remote: bool,
    pub(crate) spec: &'static Spec,
    pub(crate) labels: Labels,
    pub(crate) started: Moment,
    pub(crate) ended: Moment,
    pub(crate) result: CallResult,
    pub(crate) added: Option<Box<Added>>,
    pub(crate) limits: Limits,
}

/// How the call ended, for its span.
#[derive(Debug, Clone)]
pub(crate) enum CallResult {
    Success,
    /// The type of the error, and its text, which may be empty.
    Failure(&'static str, String),
    Panic,
    Cancelled,
}

/// An attribute of a span: its name, and a value.
pub(crate) enum Attribute<'a> {
    Text(&'a str, &'a str),
    Number(&'a str, i64),
    Any(&'a KeyValue),
}

/// What a call's error is called where only its being a panic may be told.
const PANIC: &str = "panic";

impl CallResult {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure(..) => "failure",
            Self::Panic => PANIC,
            Self::Cancelled => "cancelled",
        }
    }

    /// The type and the text of an error.
    pub(super) fn error(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Success | Self::Cancelled => None,
            Self::Failure(error_type, text) => Some((error_type, text)),
            Self::Panic => Some((PANIC, "")),
        }
    }
}

impl EndedSpan {
    pub(crate) fn name(&self) -> &str {
        let added = self.added.as_ref().and_then(|added| added.name.as_deref());
        added.unwrap_or(self.spec.name)
    }

    /// The attributes within the limit, those of the call before those added to it, and how many are not.
    pub(crate) fn attributes(&self) -> (impl Iterator<Item = Attribute<'_>>, usize) {
        let added = self.added.as_ref();
        let (own, dropped) = added.map_or((&[][..], 0), |added| {
            (&added.attributes[..], added.dropped_attributes)
        });
        let labels = self.spec.recorder.attribute_names();
        let code = self.spec.code.as_ref();
        let error = self.result.error();
        let of_code = if code.is_some() { 3 } else { 0 };
        let all = labels.len() + of_code + own.len() + 1 + usize::from(error.is_some());
        let attributes = labels
            .iter()
            .zip(&self.labels.0)
            .map(|(name, value)| Attribute::Text(name, value))
            .chain(code.into_iter().flat_map(|code| {
                [
                    Attribute::Text(CODE_FUNCTION_NAME, code.function),
                    Attribute::Text(CODE_FILE_PATH, code.file),
                    Attribute::Number(CODE_LINE_NUMBER, i64::from(code.line)),
                ]
            }))
            .chain([Attribute::Text(OUTCOME, self.result.as_str())])
            .chain(error.map(|(error_type, _)| Attribute::Text(ERROR_TYPE, error_type)))
            .chain(own.iter().map(Attribute::Any));
        let limit = self.limits.attributes;
        (attributes.take(limit), dropped + all.saturating_sub(limit))
    }

    /// The status and its text: the user's own, or else the call's.
    pub(crate) fn status(&self) -> Status {
        match self.added.as_ref().map(|added| &added.status) {
            None | Some(Status::Unset) => match self.result.error() {
                Some((_, text)) => Status::error(text.to_owned()),
                None => Status::Unset,
            },
            Some(own) => own.clone(),
        }
    }

    /// Whether there is anything for [`events`](Self::events) to give.
    pub(crate) fn has_events(&self) -> bool {
        self.added.is_some() || self.result.error().is_some()
    }

    /// The events within the limit, the error's last, and how many are not.
    pub(crate) fn events(&self, clock: &Clock, anchor: Anchor) -> SpanEvents {
        let mut events = SpanEvents::default();
        let mut dropped = 0;
        if let Some(added) = &self.added {
            events.events.clone_from(&added.events);
            dropped = added.dropped_events;
        }
        if let Some((error_type, text)) = self.result.error() {
            if events.events.len() < self.limits.events {
                let time = clock.time(anchor, self.ended);
                events.events.push(exception(error_type, text, time));
            } else {
                dropped += 1;
            }
        }
        events.dropped_count = count(dropped);
        events
    }

    pub(crate) fn links(&self) -> SpanLinks {
        let mut links = SpanLinks::default();
        if let Some(added) = &self.added {
            links.links.clone_from(&added.links);
            links.dropped_count = count(added.dropped_links);
        }
        links
    }

    /// As the SDK's exporters take it.
    pub(crate) fn data(&self, clock: &Clock, anchor: Anchor) -> SpanData {
        let (attributes, dropped) = self.attributes();
        SpanData {
            span_context: self.context.clone(),
            parent_span_id: self.parent,
            parent_span_is_remote: self.parent_is_remote,
            span_kind: self.spec.kind.clone(),
            name: self.name().to_owned().into(),
            start_time: clock.time(anchor, self.started),
            end_time: clock.time(anchor, self.ended),
            attributes: attributes.map(KeyValue::from).collect(),
            dropped_attributes_count: count(dropped),
            events: self.events(clock, anchor),
            links: self.links(),
            status: self.status(),
            instrumentation_scope: InstrumentationScope::builder(SCOPE).build(),
        }
    }
}

pub(crate) fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

fn exception(error_type: &'static str, text: &str, time: std::time::SystemTime) -> Event {
    let mut attributes = vec![KeyValue::new(EXCEPTION_TYPE, error_type)];
    if !text.is_empty() {
        attributes.push(KeyValue::new(EXCEPTION_MESSAGE, text.to_owned()));
    }
    Event::new("exception", time, attributes, 0)
}

impl From<Attribute<'_>> for KeyValue {
    fn from(attribute: Attribute<'_>) -> Self {
        match attribute {
            Attribute::Text(name, text) => Self::new(name.to_owned(), Value::from(text.to_owned())),
            Attribute::Number(name, number) => Self::new(name.to_owned(), number),
            Attribute::Any(attribute) => attribute.clone(),
        }
    }
}
