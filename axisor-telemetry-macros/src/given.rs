//! Arguments as written: taken out one by one, each at most once.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Error, Expr, Ident, Lit, Result, Token, parenthesized};

use crate::errors::{Errors, remedy};
use crate::usage;

/// One argument as written: `name`, `name = value` or `name(…)`.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) form: Form,
}

pub(crate) enum Form {
    Alone,
    Value(Expr),
    List(TokenStream),
}

/// The arguments not yet read, and what was wrong with those read.
pub(crate) struct Given {
    arguments: Vec<Argument>,
    pub(crate) errors: Errors,
}

impl Given {
    pub(crate) fn parse(tokens: TokenStream) -> Self {
        let mut errors = Errors::default();
        let arguments = comma_separated(tokens, &mut errors, Argument::parse);
        Self { arguments, errors }
    }

    /// What `read` makes of the argument of this name, which may be given at most once; `None` if it is not there, or
    /// wrong.
    pub(crate) fn take<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Argument) -> Result<T>,
    ) -> Option<T> {
        let argument = self.once(name)?;
        self.errors.catch(read(argument))
    }

    fn once(&mut self, name: &str) -> Option<Argument> {
        let mut taken = self.arguments.extract_if(.., |given| given.is(name));
        let first = taken.next();
        for again in taken {
            let message = format!("`{name}` is given twice; keep one");
            self.errors.add(again.error(message));
        }
        first
    }

    /// Every argument that is none of these.
    pub(crate) fn others(&mut self, known: &[&str]) -> Vec<Argument> {
        let is_other = |given: &mut Argument| !known.iter().any(|name| given.is(name));
        self.arguments.extract_if(.., is_other).collect()
    }
}

impl Argument {
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Lit) {
            return Err(
                input.error("expected `name = value`; a value alone does not say what it is for")
            );
        }
        let name = input
            .call(Ident::parse_any)
            .map_err(|error| Error::new(error.span(), "expected an argument: `name = value`"))?
            .unraw();
        if input.peek(syn::token::Paren) {
            let list;
            parenthesized!(list in input);
            let form = Form::List(list.parse()?);
            return Ok(Self { name, form });
        }
        if input.peek(Token![:]) {
            return Err(input.error(format!("expected `=`: `{name} = \u{2026}`")));
        }
        if !input.peek(Token![=]) {
            let form = Form::Alone;
            return Ok(Self { name, form });
        }
        input.parse::<Token![=]>()?;
        let form = Form::Value(value(&name, input)?);
        Ok(Self { name, form })
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    pub(crate) fn error(&self, message: impl std::fmt::Display) -> Error {
        Error::new(self.name.span(), message)
    }

    /// Of `name = value`, the value.
    pub(crate) fn value(self) -> Result<Expr> {
        match self.form {
            Form::Value(value) => Ok(value),
            _ => Err(self.misused()),
        }
    }

    /// Of `name(…)`, what stands in the parentheses.
    pub(crate) fn list(self) -> Result<TokenStream> {
        match self.form {
            Form::List(list) => Ok(list),
            _ => Err(self.misused()),
        }
    }

    /// Nothing but the name.
    pub(crate) fn alone(self) -> Result<Ident> {
        match self.form {
            Form::Alone => Ok(self.name),
            _ => Err(self.misused()),
        }
    }

    /// Of `name(…)`, the one argument in the parentheses.
    pub(crate) fn one_of(list: TokenStream, of: &Ident, known: &[&str]) -> Result<Self> {
        let mut errors = Errors::default();
        let mut arguments = comma_separated(list, &mut errors, Self::parse).into_iter();
        errors.into_result()?;
        let Some(argument) = arguments.next() else {
            return Err(Error::new(of.span(), written(of)));
        };
        if let Some(more) = arguments.next() {
            return Err(more.error(written(of)));
        }
        if known.iter().any(|known| argument.is(known)) {
            return Ok(argument);
        }
        let name = argument.name.to_string();
        Err(argument.error(format!("unknown `{of}({name})`; {}", remedy(&name, known))))
    }

    pub(crate) fn misused(&self) -> Error {
        self.error(written(&self.name))
    }
}

fn written(name: &Ident) -> String {
    format!("`{name}` is written {}", usage::of(&name.to_string()))
}

fn value(name: &Ident, input: ParseStream<'_>) -> Result<Expr> {
    if input.is_empty() || input.peek(Token![,]) {
        let message = format!("`{name}` has no value yet: `{name} = \u{2026}`");
        return Err(Error::new(name.span(), message));
    }
    expression(input)
}

/// An expression; where it breaks off, the error stands at its last token.
pub(crate) fn expression(input: ParseStream<'_>) -> Result<Expr> {
    let written = input.fork();
    input.parse().map_err(|error: Error| {
        let breaks_off = input.is_empty() || input.peek(Token![,]);
        let last = to_comma(&written).pop().filter(|_| breaks_off);
        let early = |last: TokenTree| Error::new(last.span(), "the expression ends too early");
        last.map_or(error, early)
    })
}

/// What `item` reads between commas. A mistake ends at the next comma.
pub(crate) fn comma_separated<T>(
    tokens: TokenStream,
    errors: &mut Errors,
    item: impl Fn(ParseStream<'_>) -> Result<T>,
) -> Vec<T> {
    let all = |input: ParseStream<'_>| {
        let mut items = Vec::new();
        while !input.is_empty() {
            let whole = item(input).and_then(|item| separated(input).map(|()| item));
            if whole.is_err() {
                to_comma(input);
                input.parse::<Option<Token![,]>>()?;
            }
            items.extend(errors.catch(whole));
        }
        Ok(items)
    };
    all.parse2(tokens).unwrap_or_default()
}

fn separated(input: ParseStream<'_>) -> Result<()> {
    if input.parse::<Option<Token![,]>>()?.is_some() || input.is_empty() {
        return Ok(());
    }
    Err(input.error("expected `,`"))
}

fn to_comma(input: ParseStream<'_>) -> Vec<TokenTree> {
    let mut passed = Vec::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        passed.extend(input.parse::<TokenTree>());
    }
    passed
}
