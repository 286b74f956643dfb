//! Item tokens → [`Function`], its body left as it was typed.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Result, ReturnType, Signature, Token, Type, Visibility};

use crate::returned::{self, Form};

/// A function to be instrumented.
pub(crate) struct Function {
    /// Its attributes and visibility.
    pub(crate) head: TokenStream,
    pub(crate) sig: Signature,
    /// What stands between its braces.
    pub(crate) body: Group,
    pub(crate) form: Form,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility: Visibility = input.parse()?;
        refuse_other_items(input)?;
        let sig: Signature = input.parse()?;
        refuse_signature(&sig)?;
        if input.peek(Token![;]) {
            return Err(Error::new(
                sig.ident.span(),
                "this method has no body to instrument; put the attribute on its implementations",
            ));
        }
        let form = Form::of(&sig)?;
        let body = braces(input)?;
        attributes.extend(body.attributes);
        let mut head = TokenStream::new();
        // An inner attribute of the body applies to the function as an outer one.
        for mut attribute in attributes {
            attribute.style = syn::AttrStyle::Outer;
            attribute.to_tokens(&mut head);
        }
        visibility.to_tokens(&mut head);
        Ok(Self {
            head,
            sig,
            body: body.group,
            form,
        })
    }
}

impl Function {
    /// The type a call of this function ends with, as far as it is written.
    pub(crate) fn output(&self) -> Option<Type> {
        let ReturnType::Type(_, returned) = &self.sig.output else {
            return None;
        };
        match self.form {
            Form::Plain | Form::Async => Some(Type::clone(returned)),
            Form::ImplFuture | Form::BoxedFuture => returned::output_of_future(returned),
        }
    }

    /// Whether it returns an `impl Future` that says it can be moved, as the attribute's own cannot.
    pub(crate) fn must_be_unpin(&self) -> bool {
        matches!(&self.sig.output, ReturnType::Type(_, returned) if returned::names_unpin(returned))
    }

    /// Whether it was an `async fn` before `async_trait` came across it, which gives its future this lifetime.
    pub(crate) fn is_made_by_async_trait(&self) -> bool {
        let mut lifetimes = self.sig.generics.lifetimes();
        lifetimes.any(|declared| declared.lifetime.ident == "async_trait")
    }

    /// Whether it returns `!`.
    pub(crate) fn never_returns(&self) -> bool {
        matches!(&self.sig.output, ReturnType::Type(_, returned) if matches!(**returned, Type::Never(_)))
    }
}

struct Body {
    attributes: Vec<Attribute>,
    group: Group,
}

fn braces(input: ParseStream<'_>) -> Result<Body> {
    let TokenTree::Group(group) = input.parse()? else {
        return Err(input.error("expected the function's body"));
    };
    let split = |input: ParseStream<'_>| {
        let ahead = input.fork();
        let attributes = ahead.call(Attribute::parse_inner).unwrap_or_default();
        if !attributes.is_empty() {
            input.advance_to(&ahead);
        }
        Ok((attributes, input.parse::<TokenStream>()?))
    };
    let (attributes, statements) = syn::parse::Parser::parse2(split, group.stream())?;
    let mut inner = Group::new(group.delimiter(), statements);
    inner.set_span(group.span());
    Ok(Body {
        attributes,
        group: inner,
    })
}

fn refuse_signature(sig: &Signature) -> Result<()> {
    match sig.constness {
        Some(constness) => Err(Error::new(
            constness.span,
            "a `const fn` cannot be instrumented, since it also runs in the compiler; remove `const` or the attribute",
        )),
        None => Ok(()),
    }
}

fn refuse_other_items(input: ParseStream<'_>) -> Result<()> {
    const FUNCTION: [&str; 5] = ["fn", "async", "unsafe", "extern", "const"];
    let ahead = input.fork();
    let first: TokenTree = ahead.parse()?;
    let word = first.to_string();
    if word == "unsafe" && ahead.peek(Token![impl]) {
        return Err(whole_block(first.span(), "impl"));
    }
    let is_const_item = word == "const"
        && !ahead.peek(Token![fn])
        && !ahead.peek(Token![async])
        && !ahead.peek(Token![unsafe])
        && !ahead.peek(Token![extern]);
    match word.as_str() {
        "impl" | "trait" => Err(whole_block(first.span(), &word)),
        word if FUNCTION.contains(&word) && !is_const_item => Ok(()),
        word => Err(Error::new(
            first.span(),
            format!("only a function with a body can be instrumented, not this `{word}`"),
        )),
    }
}

fn whole_block(span: Span, word: &str) -> Error {
    let message = format!(
        "the attribute belongs on each method to be instrumented, not on the `{word}` block"
    );
    Error::new(span, message)
}
