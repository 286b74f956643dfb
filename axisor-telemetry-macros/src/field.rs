//! `fields(…)`: attributes of the span.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, LitInt, LitStr, Result, Token};

use crate::errors::Errors;
use crate::given::{comma_separated, expression};

/// One attribute of the span.
pub(crate) struct Field {
    pub(crate) name: LitStr,
    pub(crate) shown: Shown,
    pub(crate) value: Expr,
}

/// What of a field's value is recorded.
#[derive(Clone, Copy)]
pub(crate) enum Shown {
    /// The value itself.
    Value,
    /// `%`: what its `Display` says.
    Display,
    /// `?`: what its `Debug` says.
    Debug,
}

impl Field {
    pub(crate) fn read_all(list: TokenStream) -> Result<Vec<Self>> {
        let mut errors = Errors::default();
        let fields = comma_separated(list, &mut errors, Self::parse);
        let mut names = HashSet::new();
        for Self { name, .. } in &fields {
            errors.catch(checked(name));
            if !names.insert(name.value()) {
                let message = format!("field `{}` is given twice; keep one", name.value());
                errors.add(Error::new(name.span(), message));
            }
        }
        errors.into_result().map(|()| fields)
    }
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let whole = input.fork();
        let shown = input.parse()?;
        let variable = input.fork();
        let name = match input.parse::<Option<LitStr>>()? {
            Some(name) => name,
            None => name(input)?,
        };
        if is_over(input) {
            let value = variable.parse().ok().filter(|value| !is_literal(value));
            let value = value.ok_or_else(|| without_value(&name))?;
            return Ok(Self { name, shown, value });
        }
        if !input.peek(Token![=]) {
            return Err(without_name(&whole));
        }
        if let Shown::Display | Shown::Debug = shown {
            let message = "expected this before the value: `name = %value` or `name = ?value`";
            return Err(whole.error(message));
        }
        input.parse::<Token![=]>()?;
        let shown = input.parse()?;
        if is_over(input) {
            return Err(without_value(&name));
        }
        let value = expression(input)?;
        Ok(Self { name, shown, value })
    }
}

impl Parse for Shown {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.parse::<Option<Token![%]>>()?.is_some() {
            return Ok(Self::Display);
        }
        let is_debug = input.parse::<Option<Token![?]>>()?.is_some();
        Ok(if is_debug { Self::Debug } else { Self::Value })
    }
}

fn is_over(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

fn is_literal(value: &Expr) -> bool {
    matches!(value, Expr::Lit(_))
}

/// `user.id`, as text.
fn name(input: ParseStream<'_>) -> Result<LitStr> {
    let whole = input.fork();
    let mut name = String::new();
    let mut span: Option<Span> = None;
    loop {
        let (segment, at) = if input.peek(LitInt) && !name.is_empty() {
            let index: LitInt = input.parse()?;
            (index.to_string(), index.span())
        } else {
            let segment = input
                .call(Ident::parse_any)
                .map_err(|_| without_name(&whole))?;
            (segment.unraw().to_string(), segment.span())
        };
        name.push_str(&segment);
        span = Some(span.map_or(at, |start| start.join(at).unwrap_or(start)));
        if input.parse::<Option<Token![.]>>()?.is_none() {
            return Ok(LitStr::new(&name, span.unwrap_or_else(Span::call_site)));
        }
        name.push('.');
    }
}

fn without_value(name: &LitStr) -> Error {
    let message = format!("field `{}` has no value yet: `name = value`", name.value());
    Error::new(name.span(), message)
}

fn without_name(field: ParseStream<'_>) -> Error {
    let mut tokens = TokenStream::new();
    while !field.is_empty() && !field.peek(Token![,]) {
        match field.parse::<TokenTree>() {
            Ok(token) => token.to_tokens(&mut tokens),
            Err(error) => return error,
        }
    }
    let message = "expected `name = value`, or a plain variable or field such as `user.id`";
    if tokens.is_empty() {
        return Error::new(field.span(), message);
    }
    Error::new_spanned(tokens, message)
}

/// The names an attribute sets itself, or that mean something else to others, and what to do instead.
const TAKEN: [(&str, &str); 7] = [
    (
        "axisor.",
        "is set by this attribute; choose a name of your own",
    ),
    (
        "code.",
        "is where OpenTelemetry says which code ran, and set by this attribute; choose another name",
    ),
    (
        "error.type",
        "is set by this attribute when the call fails; choose another name",
    ),
    (
        "exception.",
        "is set by this attribute when the call fails; choose another name",
    ),
    (
        "otel.name",
        "is not needed; write `name = \"\u{2026}\"` beside `fields`",
    ),
    (
        "otel.kind",
        "is not needed; write `kind = \"\u{2026}\"` beside `fields`",
    ),
    (
        "otel.status_",
        "is set by how the call ends; write `ok_if = |returned| \u{2026}` beside `fields`",
    ),
];

fn checked(name: &LitStr) -> Result<()> {
    let text = name.value();
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
    let taken = |(taken, _): &&(&str, &str)| {
        let is_group = taken.ends_with(['.', '_']);
        text == *taken || is_group && text.starts_with(taken)
    };
    let message = if text.is_empty() {
        "the field's name is empty".to_owned()
    } else if text.len() > 64 {
        format!(
            "the field's name has {} bytes, expected at most 64",
            text.len()
        )
    } else if let Some(c) = text.chars().find(|c| !is_allowed(*c)) {
        format!("the field's name contains {c:?}, expected letters, digits and `_.` only")
    } else if let Some((_, remedy)) = TAKEN.iter().find(taken) {
        format!("`{text}` {remedy}")
    } else {
        return Ok(());
    };
    Err(Error::new(name.span(), message))
}
