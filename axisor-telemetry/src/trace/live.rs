//! A sampled span under way, which code inside the call may add to through OpenTelemetry's interface.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, Span, SpanContext, SpanId, Status};

use super::spans::Limits;
use crate::call::GivenSpan;
use crate::clock::Moment;

/// The most attributes of an event or a link: the specification's default.
const MAX_ATTRIBUTES: usize = 128;

/// What a call and the context of its body know of its span.
#[derive(Debug)]
pub(crate) struct Live {
    pub(super) context: SpanContext,
    pub(super) parent: SpanId,
    pub(super) parent_is_remote: bool,
    pub(super) started: Moment,
    pub(super) limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    added: Option<Box<Added>>,
    over: bool,
}

/// What was added to a span beside what its site says; most have nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Added {
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) attributes: Vec<KeyValue>,
    pub(crate) dropped_attributes: usize,
    pub(crate) events: Vec<Event>,
    pub(crate) dropped_events: usize,
    pub(crate) links: Vec<Link>,
    pub(crate) dropped_links: usize,
    pub(crate) status: Status,
}

impl Live {
    pub(super) fn new(
        context: SpanContext,
        (parent, parent_is_remote): (SpanId, bool),
        started: Moment,
        limits: Limits,
    ) -> Self {
        Self {
            context,
            parent,
            parent_is_remote,
            started,
            limits,
            state: Mutex::default(),
        }
    }

    /// What the attribute of the function adds.
    pub(super) fn give(&self, given: GivenSpan) {
        self.add(|added| {
            added.name = given.name.map(Cow::Owned);
            for field in given.fields {
                added.attribute(field, self.limits);
            }
            for link in given.links {
                added.link(link, self.limits);
            }
        });
    }

    /// Takes what was added; nothing can be added from here on.
    pub(super) fn finish(&self) -> Option<Box<Added>> {
        let mut state = self.lock();
        state.over = true;
        state.added.take()
    }

    fn add(&self, add: impl FnOnce(&mut Added)) {
        let mut state = self.lock();
        if !state.over {
            add(state.added.get_or_insert_default());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Added {
    fn attribute(&mut self, attribute: KeyValue, limits: Limits) {
        let mut set = self.attributes.iter_mut();
        if let Some(set) = set.find(|set| set.key == attribute.key) {
            *set = attribute;
        } else if self.attributes.len() < limits.attributes {
            self.attributes.push(attribute);
        } else {
            self.dropped_attributes += 1;
        }
    }

    fn link(&mut self, link: Link, limits: Limits) {
        if self.links.len() < limits.links {
            self.links.push(link);
        } else {
            self.dropped_links += 1;
        }
    }

    fn event(&mut self, event: Event, limits: Limits) {
        if self.events.len() < limits.events {
            self.events.push(event);
        } else {
            self.dropped_events += 1;
        }
    }
}

/// Of two statuses the higher holds. The order `Status` has itself goes by the texts of errors, too.
fn rank(status: &Status) -> u8 {
    match status {
        Status::Unset => 0,
        Status::Error { .. } => 1,
        Status::Ok => 2,
    }
}

/// Cuts attributes to the specification's default and says how many are gone.
fn cut(attributes: &mut Vec<KeyValue>) -> u32 {
    let dropped = attributes.len().saturating_sub(MAX_ATTRIBUTES);
    attributes.truncate(MAX_ATTRIBUTES);
    u32::try_from(dropped).unwrap_or(u32::MAX)
}

/// The span as the context of the body has it. It ends with the call, whoever else ends it.
#[derive(Debug)]
pub(super) struct LiveSpan(pub(super) Arc<Live>);

impl Span for LiveSpan {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        mut attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        let dropped = cut(&mut attributes);
        let event = Event::new(name, timestamp, attributes, dropped);
        self.0.add(|added| added.event(event, self.0.limits));
    }

    fn span_context(&self) -> &SpanContext {
        &self.0.context
    }

    fn is_recording(&self) -> bool {
        !self.0.lock().over
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.0
            .add(|added| added.attribute(attribute, self.0.limits));
    }

    /// `Ok` goes before an error, and that before nothing, as the specification says; of two errors the later holds.
    fn set_status(&mut self, status: Status) {
        self.0.add(|added| {
            if rank(&status) >= rank(&added.status) {
                added.status = status;
            }
        });
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.0.add(|added| added.name = Some(name.into()));
    }

    fn add_link(&mut self, span_context: SpanContext, mut attributes: Vec<KeyValue>) {
        let dropped = cut(&mut attributes);
        let link = Link::new(span_context, attributes, dropped);
        self.0.add(|added| added.link(link, self.0.limits));
    }

    fn end_with_timestamp(&mut self, _: SystemTime) {}
}
