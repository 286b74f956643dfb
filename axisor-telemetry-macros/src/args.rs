//! Attribute tokens → [`Args`].

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned as _;
use syn::{Error, Expr, ExprLit, ExprPath, Lit, LitStr, Path, Result};

use crate::attribute::Attribute;
use crate::errors::{Errors, remedy};
use crate::field::Field;
use crate::given::{Argument, Form, Given, Usage, comma_separated, expression};
use crate::label::{Label, is_const, ungrouped};

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

/// Text that is the same for every call.
pub(crate) enum Text {
    Literal(LitStr),
    Const(ExprPath),
}

/// One of several words, or what it stands for.
pub(crate) enum Choice {
    /// The variant or constant the word stands for.
    Word(&'static str),
    Path(ExprPath),
}

/// The upper bounds of a duration series.
pub(crate) enum Buckets {
    /// The original's.
    Usual,
    /// Numbers that rise.
    Checked(Vec<f64>),
    /// A constant, or an array with constants in it; checked by the compiler.
    Const(Expr),
}

/// The arguments every attribute has.
const COMMON: [Usage; 16] = [
    ("ok_if", "`ok_if = |returned| \u{2026}`"),
    ("error_if", "`error_if = |returned| \u{2026}`"),
    ("on_cancel", "`on_cancel = \"failure\"` or `\"skip\"`"),
    (
        "err",
        "`err`, `err(Debug)`, `err(with = function)` or `err(type_only)`",
    ),
    ("name", "`name = \"\u{2026}\"`"),
    ("kind", "`kind = \"client\"`"),
    ("level", "`level = \"debug\"`"),
    ("target", "`target = \"\u{2026}\"`"),
    ("parent", "`parent = job.context`"),
    ("links", "`links(job.context)`"),
    ("fields", "`fields(name = value)`"),
    ("duration", "`duration` or `duration(buckets = [0.1, 1.0])`"),
    ("in_flight", "alone"),
    ("skip", "`skip(argument)`"),
    ("skip_all", "alone"),
    ("crate", "`crate = path::to::axisor_telemetry`"),
];

/// The arguments that give labels.
const LABELS: [Usage; 3] = [
    ("type", "`type = \"margin_check\"`"),
    ("action", "`action = \"add_margin\"`"),
    ("plan", "`plan = user.plan`"),
];

/// Margin guard's alone.
const COUNT: Usage = ("count", "`count = \"success\"` or `\"always\"`");

/// What users may look for under another name or in another place.
const ELSEWHERE: [Usage; 6] = [
    (
        "ret",
        "belongs to a label: `type = ret(|returned| \u{2026})`",
    ),
    ("type_only", "is a form of `err`: `err(type_only)`"),
    ("with", "is a form of `err`: `err(with = function)`"),
    (
        "buckets",
        "belongs to `duration`: `duration(buckets = [0.1, 1.0])`",
    ),
    (
        "follows_from",
        "is called `links` here: `links(job.context)`",
    ),
    (
        "status",
        "is told by what is returned; write `ok_if = |returned| \u{2026}`",
    ),
];

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
        let in_flight = given.take("in_flight", |argument| argument.alone(usage("in_flight")));
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
            parent: given.take("parent", |argument| argument.value(usage("parent"))),
            links: given.take("links", links).unwrap_or_default(),
            fields: given.take("fields", fields).unwrap_or_default(),
            duration: given.take("duration", duration),
            krate: given.take("crate", path),
            in_flight: in_flight.is_some(),
            labels,
        };
        given.take("skip", |argument| argument.list(usage("skip")));
        given.take("skip_all", |argument| argument.alone(usage("skip_all")));
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

fn usage(name: &str) -> &'static str {
    let mut known = COMMON.iter().chain(&LABELS).chain([&COUNT]);
    known
        .find(|known| known.0 == name)
        .map_or("", |known| known.1)
}

/// The names of all arguments of an attribute.
fn known(attribute: Attribute) -> Vec<&'static str> {
    let common = COMMON.iter().map(|(name, _)| *name);
    let count = attribute.has_count().then_some(COUNT.0);
    attribute
        .labels()
        .iter()
        .copied()
        .chain(count)
        .chain(common)
        .collect()
}

fn refuse_others(attribute: Attribute, given: &mut Given) {
    let known = known(attribute);
    for argument in given.others(&known) {
        let name = argument.name.to_string();
        let name = name.trim_start_matches("r#");
        let elsewhere = ELSEWHERE.iter().find(|elsewhere| elsewhere.0 == name);
        let remedy = match (attribute.of_the_other(name), elsewhere) {
            (Some(remedy), _) => format!("`{name}` {remedy}"),
            (None, Some((_, remedy))) => format!("`{name}` {remedy}"),
            (None, None) => format!("unknown argument `{name}`; {}", remedy(name, &known)),
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
            Label::read(argument, usage(name))
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
            let function = argument.value(usage(name))?;
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

/// What a word in quotes stands for.
fn word(argument: Argument, words: &[(&'static str, &'static str)]) -> Result<&'static str> {
    let name = argument.name.to_string();
    match ungrouped(argument.value(usage(&name))?) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => named(&name, &text, words),
        other => Err(Error::new(
            other.span(),
            format!("expected {}", in_quotes(words)),
        )),
    }
}

fn choice(
    argument: Argument,
    words: &[(&'static str, &'static str)],
    example: &str,
) -> Result<Choice> {
    let name = argument.name.to_string();
    match ungrouped(argument.value(usage(&name))?) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => named(&name, &text, words).map(Choice::Word),
        Expr::Path(path) if path.path.get_ident().is_none() => {
            outside_of_self(path).map(Choice::Path)
        }
        other => {
            let message = format!(
                "expected {}, or a path such as `{example}`",
                in_quotes(words)
            );
            Err(Error::new(other.span(), message))
        }
    }
}

fn named(
    argument: &str,
    text: &LitStr,
    words: &[(&'static str, &'static str)],
) -> Result<&'static str> {
    let given = text.value();
    if let Some((_, variant)) = words.iter().find(|(word, _)| *word == given) {
        return Ok(variant);
    }
    let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    let message = format!("unknown {argument} `{given}`; {}", remedy(&given, &known));
    Err(Error::new(text.span(), message))
}

fn in_quotes(words: &[(&str, &str)]) -> String {
    let words: Vec<_> = words
        .iter()
        .map(|(word, _)| format!("`\"{word}\"`"))
        .collect();
    match words.split_last() {
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn text(argument: Argument) -> Result<Text> {
    let name = argument.name.to_string();
    match ungrouped(argument.value(usage(&name))?) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if !text.value().is_empty() => Ok(Text::Literal(text)),
        Expr::Path(path) if is_const(&path.path) => outside_of_self(path).map(Text::Const),
        other => {
            let message = format!(
                "`{name}` is the same for every call: expected text in quotes, not empty, or a constant"
            );
            Err(Error::new(other.span(), message))
        }
    }
}

/// A path that means the same in a `static`.
fn outside_of_self(path: ExprPath) -> Result<ExprPath> {
    let first = path.path.segments.first();
    if first.is_some_and(|first| first.ident == "Self") {
        let message = "`Self` is not known where this is kept, once for all calls; name the type, or use a constant outside of it";
        return Err(Error::new(path.span(), message));
    }
    Ok(path)
}

fn path(argument: Argument) -> Result<Path> {
    match ungrouped(argument.value(usage("crate"))?) {
        Expr::Path(path) if path.qself.is_none() => Ok(path.path),
        other => Err(Error::new(
            other.span(),
            "expected a path to axisor-telemetry",
        )),
    }
}

fn err(argument: Argument) -> Result<Err> {
    let usage = usage("err");
    let list = match argument.form {
        Form::Alone => return Ok(Err::Display),
        Form::Value(_) => return Err(argument.misused(usage)),
        Form::List(list) => list,
    };
    if list.to_string() == "Display" {
        return Err(Error::new(
            list.span(),
            "`err` alone shows the error's `Display`",
        ));
    }
    let known = ["Debug", "with", "type_only"];
    let form = Argument::one_of(list, &argument.name, &known, usage)?;
    if form.is("with") {
        return form.value("`err(with = function)`").map(Err::With);
    }
    let name = form.alone("alone")?;
    Ok(if name == "Debug" {
        Err::Debug(name.span())
    } else {
        Err::TypeOnly
    })
}

fn links(argument: Argument) -> Result<Vec<Expr>> {
    let list = argument.list(usage("links"))?;
    let mut errors = Errors::default();
    let links = comma_separated(list, &mut errors, expression);
    errors.into_result().map(|()| links)
}

fn fields(argument: Argument) -> Result<Vec<Field>> {
    Field::read_all(argument.list(usage("fields"))?)
}

fn duration(argument: Argument) -> Result<Buckets> {
    let usage = usage("duration");
    let list = match argument.form {
        Form::Alone => return Ok(Buckets::Usual),
        Form::Value(_) => return Err(argument.misused(usage)),
        Form::List(list) => list,
    };
    let buckets = Argument::one_of(list, &argument.name, &["buckets"], usage)?;
    buckets_of(ungrouped(buckets.value("`buckets = [0.1, 1.0]`")?))
}

fn buckets_of(value: Expr) -> Result<Buckets> {
    match value {
        Expr::Array(array) => {
            let bounds = array.elems.iter().map(number).collect::<Option<Vec<_>>>();
            let Some(bounds) = bounds else {
                return Ok(Buckets::Const(Expr::Array(array)));
            };
            rising(&array, bounds)
        }
        Expr::Path(path) if is_const(&path.path) => {
            outside_of_self(path).map(|path| Buckets::Const(Expr::Path(path)))
        }
        other => Err(Error::new(
            other.span(),
            "expected upper bounds in seconds, `[0.1, 1.0]`, or a constant",
        )),
    }
}

fn number(value: &Expr) -> Option<f64> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Float(number),
            ..
        }) => number.base10_parse().ok(),
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        _ => None,
    }
}

fn rising(array: &syn::ExprArray, bounds: Vec<f64>) -> Result<Buckets> {
    if bounds.is_empty() {
        let message = "there are no buckets; expected at least one upper bound: `[0.1, 1.0]`";
        return Err(Error::new(array.span(), message));
    }
    let falls = bounds.windows(2).position(|pair| pair[0] >= pair[1]);
    match falls {
        None => Ok(Buckets::Checked(bounds)),
        Some(index) => {
            let message = format!(
                "the upper bounds do not rise: {} comes after {}",
                bounds[index + 1],
                bounds[index]
            );
            Err(Error::new(array.elems[index + 1].span(), message))
        }
    }
}
