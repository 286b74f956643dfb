//! One span that has ended.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use opentelemetry::trace::{Event, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

use super::difference::{LEGEND, did_you_mean};
use super::lines::Lines;
use super::spans::{parent, seen};

/// A span that has ended, as an exporter gets it, with assertions that can be chained. Made by
/// [`TestTelemetry::span`](super::TestTelemetry::span).
#[derive(Clone)]
pub struct TestSpan {
    /// Those that had ended when it was asked for, and which one of them it is.
    all: Arc<[SpanData]>,
    at: usize,
    lines: Lines,
}

#[expect(
    clippy::must_use_candidate,
    reason = "an assertion is made to panic, and returns itself for the next one"
)]
impl TestSpan {
    /// The one at `at` of `all` the spans.
    pub(super) fn new(all: &Arc<[SpanData]>, at: usize, lines: &Lines) -> Self {
        Self {
            all: Arc::clone(all),
            at,
            lines: lines.clone(),
        }
    }

    /// The value of an attribute; of one that is there twice, the later.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.values(key).last()
    }

    /// The attribute `key` has this value, and this type of value, and is there once.
    ///
    /// # Panics
    /// If it has another value, is not there, or is there twice.
    #[track_caller]
    pub fn assert_attribute(&self, key: &str, expected: impl Into<Value>) -> &Self {
        let expected = expected.into();
        if !self.values(key).eq([&expected]) {
            self.fail_attribute(key, &shown(&expected), &self.no_attribute(key));
        }
        self
    }

    /// There is no attribute `key`.
    ///
    /// # Panics
    /// If there is.
    #[track_caller]
    pub fn assert_no_attribute(&self, key: &str) -> &Self {
        if self.attribute(key).is_some() {
            self.fail_attribute(key, "no such attribute", "");
        }
        self
    }

    /// Its status is this one.
    ///
    /// # Panics
    /// If it is another one.
    #[track_caller]
    pub fn assert_status(&self, expected: &Status) -> &Self {
        self.assert_same("status", expected, &self.status)
    }

    /// Its kind is this one.
    ///
    /// # Panics
    /// If it is another one.
    #[track_caller]
    pub fn assert_kind(&self, expected: &SpanKind) -> &Self {
        self.assert_same("kind", expected, &self.span_kind)
    }

    /// It was started in the span of this name, which has ended too.
    ///
    /// # Panics
    /// If it was started in another one or in none.
    #[track_caller]
    pub fn assert_child_of(&self, name: &str) -> &Self {
        if self.parent().is_none_or(|parent| parent.name != name) {
            self.fail_parent(&format!("`{name}`"));
        }
        self
    }

    /// It began its trace: it was started in no span of this process or another one.
    ///
    /// # Panics
    /// If it has a parent.
    #[track_caller]
    pub fn assert_root(&self) -> &Self {
        if self.parent_span_id != SpanId::INVALID {
            self.fail_parent("none");
        }
        self
    }

    /// One of its events has this name and at least these attributes.
    ///
    /// # Panics
    /// If none has.
    #[track_caller]
    pub fn assert_event(&self, name: &str, attributes: &[KeyValue]) -> &Self {
        let has_all = |event: &Event| attributes.iter().all(|it| event.attributes.contains(it));
        let mut events = self.events.iter();
        if !events.any(|event| event.name == name && has_all(event)) {
            let found = self.events.iter();
            let found = found.map(|event| event_shown(&event.name, &event.attributes));
            let expected = event_shown(name, attributes);
            self.fail("events", &expected, &one_a_line(found, "no event"), "");
        }
        self
    }

    /// It is linked to this span.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn assert_link(&self, to: &SpanContext) -> &Self {
        let ids = |of: &SpanContext| format!("trace {} span {}", of.trace_id(), of.span_id());
        let (expected, found) = (ids(to), self.links.iter());
        let found: Vec<String> = found.map(|link| ids(&link.span_context)).collect();
        if !found.contains(&expected) {
            let found = one_a_line(found.into_iter(), "no link");
            self.fail("links", &expected, &found, "");
        }
        self
    }

    /// This line was logged in it, as [`assert_log`](super::TestTelemetry::assert_log) writes lines.
    ///
    /// # Panics
    /// If it was not.
    #[track_caller]
    pub fn assert_logged(&self, line: &str) -> &Self {
        let lines = self.lines.inside(&self.span_context);
        if !lines.iter().any(|logged| logged == line) {
            let found = one_a_line(lines.into_iter(), "nothing was logged in it");
            self.fail("log", line, &found, "");
        }
        self
    }

    #[track_caller]
    fn assert_same<T: PartialEq + fmt::Debug>(&self, what: &str, expected: &T, found: &T) -> &Self {
        if expected != found {
            self.fail(what, &format!("{expected:?}"), &format!("{found:?}"), "");
        }
        self
    }

    #[track_caller]
    fn fail(&self, what: &str, expected: &str, found: &str, more: &str) -> ! {
        let name = &self.name;
        let message = format!("span `{name}`: {what} {LEGEND}:\n- {expected}\n+ {found}\n{more}");
        panic!("{}", message.trim_end());
    }

    #[track_caller]
    fn fail_attribute(&self, key: &str, expected: &str, none: &str) -> ! {
        let attributes = self.attributes.iter().map(attribute_shown);
        let all = format!(
            "all attributes:\n  {}",
            attributes.collect::<Vec<_>>().join("\n  ")
        );
        let found = one_a_line(self.values(key).map(shown), none);
        self.fail(&format!("attribute `{key}`"), expected, &found, &all);
    }

    fn values(&self, key: &str) -> impl Iterator<Item = &Value> {
        let attributes = self.attributes.iter();
        let with_key = attributes.filter(move |attribute| attribute.key.as_str() == key);
        with_key.map(|attribute| &attribute.value)
    }

    #[track_caller]
    fn fail_parent(&self, expected: &str) -> ! {
        let found = match self.parent() {
            Some(parent) => format!("`{}`", parent.name),
            None if self.parent_span_id == SpanId::INVALID => "none".to_owned(),
            None if self.parent_span_is_remote => "a span of another process".to_owned(),
            None => "a span that has not ended".to_owned(),
        };
        self.fail("parent", expected, &found, &seen(&self.all));
    }

    /// The parent, if it has ended.
    fn parent(&self) -> Option<&SpanData> {
        parent(self, &self.all)
    }

    fn no_attribute(&self, key: &str) -> String {
        let keys = self.attributes.iter().map(|it| it.key.as_str());
        format!("no such attribute{}", did_you_mean(key, keys))
    }
}

impl Deref for TestSpan {
    type Target = SpanData;

    fn deref(&self) -> &SpanData {
        &self.all[self.at]
    }
}

impl fmt::Debug for TestSpan {
    /// As the [`SpanData`] is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A value, so that values of different types never look the same.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", text.as_str()),
        Value::F64(number) => format!("{number:?}"),
        value => value.to_string(),
    }
}

fn attribute_shown(attribute: &KeyValue) -> String {
    format!("{} = {}", attribute.key, shown(&attribute.value))
}

fn event_shown(name: &str, attributes: &[KeyValue]) -> String {
    let attributes: Vec<String> = attributes.iter().map(attribute_shown).collect();
    format!("{name} {}", attributes.join(", "))
        .trim_end()
        .to_owned()
}

fn one_a_line(found: impl Iterator<Item = String>, none: &str) -> String {
    let found: Vec<String> = found.collect();
    if found.is_empty() {
        none.to_owned()
    } else {
        found.join("\n+ ")
    }
}
