//! Item tokens → [`Function`], its body left as it was typed.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::{
    Attribute, Error, Result, ReturnType, Signature, Token, Type, TypeParamBound, Visibility,
};

/// A function to be instrumented.
pub(crate) struct Function {
    /// Its attributes and visibility.
    pub(crate) head: TokenStream,
    pub(crate) sig: Signature,
    /// What stands between its braces.
    pub(crate) body: Group,
    pub(crate) form: Form,
}

/// When the calls of a function begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With the function.
    Plain,
    /// With its future.
    Async,
    /// With the `impl Future` it returns.
    ImplFuture,
    /// With the `Pin<Box<dyn Future>>` it returns.
    BoxedFuture,
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

impl Form {
    fn of(sig: &Signature) -> Result<Self> {
        let ReturnType::Type(_, returned) = &sig.output else {
            return Ok(if sig.asyncness.is_some() {
                Self::Async
            } else {
                Self::Plain
            });
        };
        match (returned_kind(returned), sig.asyncness) {
            (Kind::Stream, _) => Err(Error::new(
                returned.span(),
                "a stream has not ended when the function returns; annotate the function that makes one item, or the one that drives the stream",
            )),
            (_, Some(_)) => Ok(Self::Async),
            (Kind::Value, None) => Ok(Self::Plain),
            (Kind::ImplFuture, None) => Ok(Self::ImplFuture),
            (Kind::BoxedFuture, None) => Ok(Self::BoxedFuture),
        }
    }
}

enum Kind {
    Value,
    ImplFuture,
    BoxedFuture,
    Stream,
}

fn returned_kind(returned: &Type) -> Kind {
    match returned {
        Type::ImplTrait(opaque) => bounds_kind(opaque.bounds.iter(), Kind::ImplFuture),
        Type::Path(path) => path.path.segments.last().map_or(Kind::Value, |last| {
            match last.ident.to_string().as_str() {
                "BoxFuture" | "LocalBoxFuture" => Kind::BoxedFuture,
                "BoxStream" | "LocalBoxStream" => Kind::Stream,
                "Pin" => first_type(last)
                    .and_then(boxed)
                    .map_or(Kind::Value, |object| {
                        bounds_kind(object.bounds.iter(), Kind::BoxedFuture)
                    }),
                _ => Kind::Value,
            }
        }),
        Type::Paren(inner) => returned_kind(&inner.elem),
        Type::Group(inner) => returned_kind(&inner.elem),
        _ => Kind::Value,
    }
}

fn bounds_kind<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>, future: Kind) -> Kind {
    let mut traits = bounds.filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .map(|last| last.ident.to_string()),
        _ => None,
    });
    traits
        .find_map(|name| match name.as_str() {
            "Future" => Some(true),
            "Stream" | "TryStream" | "AsyncIterator" => Some(false),
            _ => None,
        })
        .map_or(
            Kind::Value,
            |is_future| if is_future { future } else { Kind::Stream },
        )
}

/// The trait object in a `Box`.
fn boxed(boxed: &Type) -> Option<&syn::TypeTraitObject> {
    let Type::Path(path) = boxed else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Box")?;
    match first_type(last)? {
        Type::TraitObject(object) => Some(object),
        Type::Paren(inner) => match &*inner.elem {
            Type::TraitObject(object) => Some(object),
            _ => None,
        },
        _ => None,
    }
}

fn first_type(segment: &syn::PathSegment) -> Option<&Type> {
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(argument) => Some(argument),
        _ => None,
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
