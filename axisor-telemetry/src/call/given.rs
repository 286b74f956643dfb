//! What one call is given by its attribute before the body runs.

use std::borrow::Cow;
use std::fmt::{Debug, Display};

use opentelemetry::trace::Link;
use opentelemetry::{Context, KeyValue};

use super::{Site, Spec};
use crate::instruments::Origin;
use crate::label::{self, LabelValue};
use crate::scope::{Current, Scope};
use crate::shown::redacted;
use crate::trace::{FieldValue, SpanParent};

/// The label values of a call, in the order of the attribute's required arguments.
#[derive(Debug, Clone, Default)]
pub struct Labels(pub(crate) [Cow<'static, str>; 2]);

impl Labels {
    pub(crate) fn of(spec: &Spec) -> Self {
        Self(spec.labels.map(Cow::Borrowed))
    }

    /// The values, and which of them stand in the code.
    pub(crate) fn values(&self) -> ([&str; 2], [Origin; 2]) {
        let origin = |value: &Cow<'_, str>| match value {
            Cow::Borrowed(_) => Origin::Code,
            Cow::Owned(_) => Origin::Data,
        };
        let [first, second] = &self.0;
        ([first, second], [origin(first), origin(second)])
    }

    fn set(&mut self, index: usize, value: &(impl LabelValue + ?Sized)) {
        self.0[index] = label::kept(value);
    }
}

/// The labels that a returned value may still change: none where they are the same for every call.
pub struct LateLabels<'a>(pub(super) Option<&'a mut Labels>);

impl LateLabels<'_> {
    /// Sets the label at `index` to what an expression gave.
    pub fn set(&mut self, index: usize, value: &(impl LabelValue + ?Sized)) {
        if let Some(labels) = &mut self.0 {
            labels.set(index, value);
        }
    }
}

/// What the expressions of an attribute gave for one call.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// `None` where they are the same for every call.
    pub(crate) labels: Option<Box<Labels>>,
    /// `None` where nothing is said of the span.
    pub(crate) span: Option<Box<GivenSpan>>,
}

/// What they gave for its span.
#[derive(Debug, Default)]
pub(crate) struct GivenSpan {
    /// `None` where it is its site's.
    pub(crate) name: Option<String>,
    pub(crate) parent: Option<Context>,
    pub(crate) links: Vec<Link>,
    pub(crate) fields: Vec<KeyValue>,
}

impl Given {
    /// Where there are no expressions to be evaluated before the body.
    #[inline]
    pub(crate) fn nothing(spec: &Spec) -> Self {
        Self {
            labels: (!spec.fixed).then(|| Box::new(Labels::of(spec))),
            span: None,
        }
    }

    /// Asks the expressions of an attribute; those of a span only where there may be one, in a scope.
    pub(super) fn ask(
        site: &'static Site,
        scope: Option<&Current>,
        open: impl FnOnce(&mut Opening<'_>),
    ) -> Self {
        let spans_of = scope.filter(|scope| site.has_span(scope));
        let mut opening = Opening::new(site.spec(), spans_of.map(|scope| &**scope));
        open(&mut opening);
        opening.finish()
    }

    /// Whether the call is like every other of its site.
    pub(super) fn is_nothing(&self) -> bool {
        self.labels.is_none() && self.span.is_none()
    }
}

/// Takes what the expressions of an attribute give, in their order: labels, parent, links, fields.
pub struct Opening<'a> {
    labels: Option<Box<Labels>>,
    span: Option<Box<GivenSpan>>,
    /// `None` where no span is made.
    spans_of: Option<&'a Scope>,
}

impl<'a> Opening<'a> {
    fn new(spec: &Spec, spans_of: Option<&'a Scope>) -> Self {
        Self {
            labels: Given::nothing(spec).labels,
            span: None,
            spans_of,
        }
    }

    fn finish(self) -> Given {
        Given {
            labels: self.labels,
            span: self.span,
        }
    }

    fn span(&mut self) -> &mut GivenSpan {
        self.span.get_or_insert_default()
    }

    /// The value of the label at `index`.
    pub fn label(&mut self, index: usize, value: &(impl LabelValue + ?Sized)) {
        if let Some(labels) = &mut self.labels {
            labels.set(index, value);
        }
    }

    /// The value of the label at `index`, a constant of a generic type.
    pub fn constant(&mut self, index: usize, value: &'static str) {
        if let Some(labels) = &mut self.labels {
            labels.0[index] = Cow::Borrowed(value);
        }
    }

    /// Whether a span may be made, and parent, links and fields are wanted.
    #[must_use]
    pub fn wants_span(&self) -> bool {
        self.spans_of.is_some()
    }

    /// The name of the span, where it is not its site's.
    pub(crate) fn name(&mut self, name: String) {
        self.span().name = Some(name);
    }

    /// The span this call belongs under.
    pub fn parent(&mut self, parent: &(impl SpanParent + ?Sized)) {
        if let Some(scope) = self.spans_of {
            self.span().parent = parent.context(&*scope.propagator);
        }
    }

    /// Spans this call has to do with.
    pub fn links(&mut self, spans: impl IntoIterator<Item = impl SpanParent>) {
        let Some(scope) = self.spans_of else { return };
        let linked = spans
            .into_iter()
            .filter_map(|span| span.context(&*scope.propagator))
            .map(|context| crate::trace::link(&context));
        self.span().links.extend(linked);
    }

    /// An attribute of the span.
    pub fn field(&mut self, name: &'static str, value: &(impl FieldValue + ?Sized)) {
        if let Some(value) = value.value() {
            self.span().fields.push(KeyValue::new(name, value));
        }
    }

    /// An attribute of the span, as its `Display` says.
    pub fn field_display(&mut self, name: &'static str, value: &(impl Display + ?Sized)) {
        self.push_text(name, format_args!("{value}"));
    }

    /// An attribute of the span, as its `Debug` says.
    pub fn field_debug(&mut self, name: &'static str, value: &(impl Debug + ?Sized)) {
        self.push_text(name, format_args!("{value:?}"));
    }

    fn push_text(&mut self, name: &'static str, text: std::fmt::Arguments<'_>) {
        self.span().fields.push(KeyValue::new(name, redacted(text)));
    }
}
