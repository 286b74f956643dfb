//! Attribute tokens → [`Args`].

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned as _;
use syn::{Error, Expr, ExprLit, Ident, Lit, LitStr, Path, Result, Token, parenthesized};

use crate::attribute::Attribute;
use crate::label::Label;

/// The arguments of one attribute.
pub(crate) struct Args {
    /// The label values, in the order of [`Attribute::labels`].
    pub(crate) labels: Vec<Label>,
    /// The span's name, if it is not the function's.
    pub(crate) name: Option<LitStr>,
    /// What the span says of an error.
    pub(crate) err: Err,
    /// Where axisor-telemetry is found.
    pub(crate) krate: Option<Path>,
}

/// What the span says of an error.
#[derive(Default)]
pub(crate) enum Err {
    /// Its `Display` text, redacted.
    #[default]
    Display,
    /// Its type alone.
    TypeOnly,
}

/// The arguments every attribute has.
const COMMON: [&str; 5] = ["name", "err", "crate", "skip", "skip_all"];

impl Args {
    pub(crate) fn parse(attribute: Attribute, tokens: TokenStream) -> Result<Self> {
        let mut given = Given::parse(tokens)?;
        let known: Vec<&str> = attribute.labels().iter().chain(&COMMON).copied().collect();
        let mut errors = Errors(given.unknown(&known).err());
        let misspelt = errors.0.is_some(); // what seems to be missing may be there under a wrong name
        let mut label = |name: &&str| match given.take(name) {
            Ok(None) if misspelt => None,
            argument => errors.catch(
                argument
                    .and_then(|argument| required(attribute, name, argument))
                    .and_then(Label::new),
            ),
        };
        let labels = attribute.labels().iter().filter_map(&mut label);
        let labels = labels.collect();
        let name = errors.catch(given.optional("name", text));
        let err = errors.catch(given.optional("err", err));
        let krate = errors.catch(given.optional("crate", path));
        errors.catch(given.take("skip"));
        errors.catch(given.take("skip_all"));
        errors.into_result()?;
        Ok(Self {
            labels,
            name: name.flatten(),
            err: err.flatten().unwrap_or_default(),
            krate: krate.flatten(),
        })
    }
}

/// One argument as written: `name`, `name = value` or `name(…)`.
struct Argument {
    name: Ident,
    form: Form,
}

enum Form {
    Alone,
    Value(Expr),
    List(TokenStream),
}

/// The arguments as written, taken out one by one.
struct Given(Vec<Argument>);

impl Given {
    fn parse(tokens: TokenStream) -> Result<Self> {
        let list = |input: ParseStream<'_>| input.parse_terminated(Argument::parse, Token![,]);
        Ok(Self(list.parse2(tokens)?.into_iter().collect()))
    }

    /// The argument of this name, which may be given at most once.
    fn take(&mut self, name: &str) -> Result<Option<Argument>> {
        let mut taken = self.0.extract_if(.., |argument| argument.name == name);
        let first = taken.next();
        match taken.next() {
            Some(second) => Err(Error::new(
                second.name.span(),
                format!("`{name}` is given twice; keep one"),
            )),
            None => Ok(first),
        }
    }

    fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Argument) -> Result<T>,
    ) -> Result<Option<T>> {
        self.take(name)?.map(read).transpose()
    }

    fn unknown(&mut self, known: &[&str]) -> Result<()> {
        let mut errors = Errors::default();
        for argument in self.0.extract_if(.., |argument| {
            !known.iter().any(|name| argument.name == name)
        }) {
            errors.add(unknown(&argument.name, known));
        }
        errors.into_result()
    }
}

impl Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Lit) {
            return Err(
                input.error("expected `name = value`; a value alone does not say what it is for")
            );
        }
        let name = input.call(Ident::parse_any)?;
        let form = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Form::Value(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let list;
            parenthesized!(list in input);
            Form::List(list.parse()?)
        } else {
            Form::Alone
        };
        Ok(Self { name, form })
    }

    fn error(&self, message: impl std::fmt::Display) -> Error {
        Error::new(self.name.span(), message)
    }

    fn value(self, expected: &str) -> Result<Expr> {
        match self.form {
            Form::Value(value) => Ok(value),
            _ => Err(self.error(format!("`{}` needs a value: `{0} = {expected}`", self.name))),
        }
    }
}

fn required(attribute: Attribute, name: &str, argument: Option<Argument>) -> Result<Expr> {
    let Some(argument) = argument else {
        let message = format!("`{name}` is missing; write `#[{}]`", attribute.example());
        return Err(Error::new(Span::call_site(), message));
    };
    argument.value("\u{2026}")
}

fn text(argument: Argument) -> Result<LitStr> {
    match argument.value("\"\u{2026}\"")? {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if !text.value().is_empty() => Ok(text),
        other => Err(Error::new(
            other.span(),
            "expected text in quotes, not empty",
        )),
    }
}

fn path(argument: Argument) -> Result<Path> {
    match argument.value("path::to::axisor_telemetry")? {
        Expr::Path(path) if path.qself.is_none() => Ok(path.path),
        other => Err(Error::new(
            other.span(),
            "expected a path to axisor-telemetry",
        )),
    }
}

fn err(argument: Argument) -> Result<Err> {
    match argument.form {
        Form::Alone => Ok(Err::Display),
        Form::List(list) if list.to_string() == "type_only" => Ok(Err::TypeOnly),
        _ => Err(argument.error("expected `err` (the error's text, redacted) or `err(type_only)`")),
    }
}

fn unknown(name: &Ident, known: &[&str]) -> Error {
    let name_text = name.unraw().to_string();
    let nearest = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, &name_text), *known))
        .min()
        .filter(|(distance, known)| *distance <= 2 && *distance < known.len());
    let remedy = match nearest {
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => format!("expected one of `{}`", known.join("`, `")),
    };
    Error::new(
        name.span(),
        format!("unknown argument `{name_text}`; {remedy}"),
    )
}

/// Mistakes found so far.
#[derive(Default)]
struct Errors(Option<Error>);

impl Errors {
    fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    fn catch<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    fn into_result(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
