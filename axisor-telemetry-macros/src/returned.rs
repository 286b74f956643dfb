//! What a function returns, by its spelling: a value, a future, a stream.

use syn::spanned::Spanned as _;
use syn::{
    Error, GenericArgument, PathArguments, PathSegment, Result, ReturnType, Signature, Type,
    TypeParamBound, parse_quote,
};

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

impl Form {
    pub(crate) fn of(sig: &Signature) -> Result<Self> {
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

/// Whether a returned type is an `impl … + Unpin`.
pub(crate) fn names_unpin(returned: &Type) -> bool {
    let is_unpin = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|last| last.ident == "Unpin")
        }
        _ => false,
    };
    match returned {
        Type::ImplTrait(opaque) => opaque.bounds.iter().any(is_unpin),
        Type::Paren(inner) => names_unpin(&inner.elem),
        Type::Group(inner) => names_unpin(&inner.elem),
        _ => false,
    }
}

/// What the future in a returned type returns.
pub(crate) fn output_of_future(returned: &Type) -> Option<Type> {
    match returned {
        Type::ImplTrait(opaque) => bounds_output(opaque.bounds.iter()).cloned(),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let object = (last.ident == "Pin").then(|| first_type(last).and_then(boxed));
            match object.flatten() {
                Some(object) => bounds_output(object.bounds.iter()).cloned(),
                None => Some(parse_quote!(<#returned as ::core::future::Future>::Output)),
            }
        }
        Type::Paren(inner) => output_of_future(&inner.elem),
        Type::Group(inner) => output_of_future(&inner.elem),
        _ => None,
    }
}

fn bounds_output<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>) -> Option<&'a Type> {
    let arguments = bounds.filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => arguments(bound.path.segments.last()?),
        _ => None,
    });
    arguments.flatten().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
        _ => None,
    })
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

fn first_type(segment: &PathSegment) -> Option<&Type> {
    arguments(segment)?.find_map(|argument| match argument {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    })
}

fn arguments(segment: &PathSegment) -> Option<impl Iterator<Item = &GenericArgument>> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    }
}
