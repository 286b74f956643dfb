//! Attribute tokens → [`Args`].

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned as _;
use syn::{Error, Expr, Path, Result};

use crate::attribute::Attribute;
use crate::errors::{Errors, remedy};
use crate::field::Field;
use crate::given::{Argument, Form, Given, comma_separated, expression};
use crate::label::{Label, ungrouped};
use crate::usage;
use crate::value::{self, Buckets, Choice, Text, choice, path, text, word};

/// The arguments of one attribute.
pub(crate) struct Args {
    /// The label values, in the order of [`Attribute::labels`].
    pub(crate) labels: Vec<Label>,
    /// What decides whether a call succeeded, if it is not its type alone.
    pub(crate) rule: Option<Rule>,
    /// How a cancelled call counts: the variant of `OnCancel`.
    pub(crate) on_cancel: Option<&'static str>,
    /// Which calls a margin guard counts: the variant of `Count`.
    pub(crate) count: Option<&'static str>,
    /// What the span says of an error.
    pub(crate) err: Err,
    /// The span's name, if it is not the function's.
    pub(crate) name: Option<Text>,
    /// The span's kind: the variant of `SpanKind`.
    pub(crate) kind: Option<Choice>,
    /// The span's level: the constant of `Level`.
    pub(crate) level: Option<Choice>,
    /// The span's target, if it is not the module.
    pub(crate) target: Option<Text>,
    /// What gives the span's parent.
    pub(crate) parent: Option<Expr>,
    /// What gives spans to link to.
    pub(crate) links: Vec<Expr>,
    /// Attributes of the span.
    pub(crate) fields: Vec<Field>,
    /// Whether durations are measured, and into which buckets.
    pub(crate) duration: Option<Buckets>,
    /// Whether calls under way are counted.
    pub(crate) in_flight: bool,
    /// Whether a failed call is told to Sentry.
    pub(crate) capture: bool,
    /// Where axisor-telemetry is found.
    pub(crate) krate: Option<Path>,
}

/// `ok_if = function`, or `error_if`.
pub(crate) struct Rule {
    pub(crate) function: Expr,
    /// Whether the function says what fails.
    pub(crate) is_error: bool,
    argument: Span,
}

/// What the span says of an error.
#[derive(Default)]
pub(crate) enum Err {
    /// Its `Display` text, redacted.
    #[default]
    Display,
    /// Its `Debug` text, redacted; where that was asked for.
    Debug(Span),
    /// What a function makes of it.
    With(Expr),
    /// Its type alone.
    TypeOnly,
}

const KINDS: [(&str, &str); 5] = [
    ("internal", "Internal"),
    ("client", "Client"),
    ("server", "Server"),
    ("producer", "Producer"),
    ("consumer", "Consumer"),
];

const LEVELS: [(&str, &str); 5] = [
    ("trace", "TRACE"),
    ("debug", "DEBUG"),
    ("info", "INFO"),
    ("warn", "WARN"),
    ("error", "ERROR"),
];

const ON_CANCEL: [(&str, &str); 2] = [("failure", "Failure"), ("skip", "Skip")];

const COUNTED: [(&str, &str); 2] = [("success", "Success"), ("always", "Always")];

impl Args {
    pub(crate) fn parse(attribute: Attribute, tokens: TokenStream) -> Result<Self> {
        let mut given = Given::parse(tokens);
        refuse_others(attribute, &mut given);
        let labels = labels(attribute, &mut given);
        let in_flight = given.take("in_flight", Argument::alone);
        let capture = given.take("capture", Argument::alone);
        if let Some(in_flight) = &in_flight {
            let returned = labels.iter().any(|label| label.returned().is_some());
            given.errors.catch(known_before(in_flight.span(), returned));
        }
        let args = Self {
            rule: rule(&mut given),
            on_cancel: given.take("on_cancel", |argument| word(argument, &ON_CANCEL)),
            count: given.take("count", |argument| word(argument, &COUNTED)),
            err: given.take("err", err).unwrap_or_default(),
            name: given.take("name", text),
            kind: given.take("kind", |argument| {
                choice(argument, &KINDS, "SpanKind::Client")
            }),
            level: given.take("level", |argument| {
                choice(argument, &LEVELS, "Level::DEBUG")
            }),
            target: given.take("target", text),
            parent: given.take("parent", Argument::value),
            links: given.take("links", links).unwrap_or_default(),
            fields: given.take("fields", fields).unwrap_or_default(),
            duration: given.take("duration", duration),
            krate: given.take("crate", path),
            in_flight: in_flight.is_some(),
            capture: capture.is_some(),
            labels,
        };
        given.take("skip", Argument::list);
        given.take("skip_all", Argument::alone);
        given.errors.into_result().map(|()| args)
    }

    /// An argument that looks at what is returned, and where it stands.
    pub(crate) fn of_returned(&self) -> Option<(&'static str, Span)> {
        let ret = self.labels.iter().find_map(Label::returned);
        let ret = ret.map(|function| ("ret", function.span()));
        let rule = self.rule.as_ref();
        ret.or_else(|| rule.map(|rule| (rule.argument_name(), rule.argument)))
    }
}

impl Rule {
    fn argument_name(&self) -> &'static str {
        if self.is_error { "error_if" } else { "ok_if" }
    }
}

fn refuse_others(attribute: Attribute, given: &mut Given) {
    let known = usage::names(attribute);
    for argument in given.others(&known) {
        let name = &*argument.name.to_string();
        let other = attribute.of_the_other(name).or(usage::elsewhere(name));
        let remedy = match other {
            Some(remedy) => format!("`{name}` {remedy}"),
            None => format!("unknown argument `{name}`; {}", remedy(name, &known)),
        };
        given.errors.add(argument.error(remedy));
    }
}

fn labels(attribute: Attribute, given: &mut Given) -> Vec<Label> {
    let all_read = given.errors.is_empty(); // else what seems to be missing may be there under a wrong name
    let mut labels = Vec::new();
    for name in attribute.labels() {
        let mut is_there = false;
        labels.extend(given.take(name, |argument| {
            is_there = true;
            Label::read(argument)
        }));
        if all_read && !is_there {
            let message = format!("`{name}` is missing; write `#[{}]`", attribute.example());
            given.errors.add(Error::new(Span::call_site(), message));
        }
    }
    labels
}

fn known_before(in_flight: Span, returned: bool) -> Result<()> {
    let message = "`in_flight` counts a call before it returns, so no label can come from `ret(\u{2026})`; leave one of both out";
    if returned {
        Err(Error::new(in_flight, message))
    } else {
        Ok(())
    }
}

fn rule(given: &mut Given) -> Option<Rule> {
    let mut read = |name: &'static str, is_error| {
        given.take(name, |argument| {
            let span = argument.name.span();
            let function = argument.value()?;
            Ok(Rule {
                function,
                is_error,
                argument: span,
            })
        })
    };
    let (ok, error) = (read("ok_if", false), read("error_if", true));
    if let (Some(_), Some(error)) = (&ok, &error) {
        let message = "`ok_if` and `error_if` both say what counts as success; keep one";
        given.errors.add(Error::new(error.argument, message));
    }
    ok.or(error)
}

fn err(argument: Argument) -> Result<Err> {
    let list = match argument.form {
        Form::Alone => return Ok(Err::Display),
        Form::Value(_) => return Err(argument.misused()),
        Form::List(list) => list,
    };
    if list.to_string() == "Display" {
        return Err(Error::new(
            list.span(),
            "`err` alone shows the error's `Display`",
        ));
    }
    let known = ["Debug", "with", "type_only"];
    let form = Argument::one_of(list, &argument.name, &known)?;
    if form.is("with") {
        return form.value().map(Err::With);
    }
    let name = form.alone()?;
    Ok(if name == "Debug" {
        Err::Debug(name.span())
    } else {
        Err::TypeOnly
    })
}

fn links(argument: Argument) -> Result<Vec<Expr>> {
    let list = argument.list()?;
    let mut errors = Errors::default();
    let links = comma_separated(list, &mut errors, expression);
    errors.into_result().map(|()| links)
}

fn fields(argument: Argument) -> Result<Vec<Field>> {
    Field::read_all(argument.list()?)
}

fn duration(argument: Argument) -> Result<Buckets> {
    let list = match argument.form {
        Form::Alone => return Ok(Buckets::Usual),
        Form::Value(_) => return Err(argument.misused()),
        Form::List(list) => list,
    };
    let buckets = Argument::one_of(list, &argument.name, &["buckets"])?;
    value::buckets(ungrouped(buckets.value()?))
}
