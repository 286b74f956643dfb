//! `#[derive(LabelValue)]`: the labels of an enum's variants.

use std::collections::HashMap;

use heck::ToSnakeCase as _;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Error, LitStr, Meta, Path, Result, Token, Variant,
};

use crate::errors::Errors;
use crate::label::mistake;

/// The implementation, or what is wrong.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    syn::parse2(input)
        .and_then(|input: DeriveInput| implementation(&input))
        .unwrap_or_else(Error::into_compile_error)
}

fn implementation(input: &DeriveInput) -> Result<TokenStream> {
    let variants = variants(input)?;
    let mut errors = Errors::default();
    let krate = errors.catch(krate(&input.attrs)).flatten();
    let labels: Vec<_> = variants
        .iter()
        .filter_map(|variant| errors.catch(Labelled::read(variant)))
        .collect();
    distinct(&labels, &mut errors);
    errors.into_result()?;
    Ok(expanded(input, krate, &labels))
}

fn expanded(input: &DeriveInput, krate: Option<Path>, labels: &[Labelled<'_>]) -> TokenStream {
    let krate = krate.map_or_else(|| quote!(::axisor_telemetry), |krate| quote!(#krate));
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let arms = labels
        .iter()
        .map(|Labelled { variant, label, .. }| quote!(Self::#variant { .. } => #label));
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #generics #krate::LabelValue for #name #arguments #bounds {
            fn label(&self) -> ::std::borrow::Cow<'_, ::core::primitive::str> {
                #krate::__private::label_of_known(self)
            }

            fn known(&self) -> ::core::option::Option<&'static ::core::primitive::str> {
                ::core::option::Option::Some(match self { #(#arms),* })
            }
        }
    }
}

/// A variant and its label.
struct Labelled<'a> {
    variant: &'a Ident,
    label: String,
    /// Where the label stands in the code.
    span: Span,
}

impl<'a> Labelled<'a> {
    fn read(Variant { ident, attrs, .. }: &'a Variant) -> Result<Self> {
        let given = label(attrs)?;
        let span = given.as_ref().map_or_else(|| ident.span(), LitStr::span);
        let hint = if given.is_some() {
            ""
        } else {
            "; give it another: `#[label(\"\u{2026}\")]`"
        };
        let label = given.map_or_else(
            || ident.unraw().to_string().to_snake_case(),
            |label| label.value(),
        );
        match mistake(&label) {
            None => Ok(Self {
                variant: ident,
                label,
                span,
            }),
            Some(mistake) => Err(Error::new(span, format!("{mistake}{hint}"))),
        }
    }
}

fn distinct(labels: &[Labelled<'_>], errors: &mut Errors) {
    let mut first = HashMap::new();
    for Labelled {
        variant,
        label,
        span,
    } in labels
    {
        if let Some(other) = first.insert(label, variant) {
            let message = format!(
                "`{other}` and `{variant}` are both `{label}`; give one of them another label: `#[label(\"\u{2026}\")]`"
            );
            errors.add(Error::new(*span, message));
        }
    }
}

fn variants(input: &DeriveInput) -> Result<&syn::punctuated::Punctuated<Variant, Token![,]>> {
    let refused = |token: &dyn quote::ToTokens, what: &str| {
        let message = format!("{what}; implement `LabelValue` by hand, or give the attribute text");
        Error::new_spanned(token.to_token_stream(), message)
    };
    match &input.data {
        Data::Enum(DataEnum { variants, .. }) if variants.is_empty() => Err(refused(
            &input.ident,
            "this enum has no variants, so it has no label",
        )),
        Data::Enum(DataEnum { variants, .. }) => Ok(variants),
        Data::Struct(data) => Err(refused(
            &data.struct_token,
            "only an enum's variants are known to be labels, not a struct's values",
        )),
        Data::Union(data) => Err(refused(
            &data.union_token,
            "only an enum's variants are known to be labels, not a union's values",
        )),
    }
}

/// Of `#[label("…")]` on a variant, the text.
fn label(attributes: &[Attribute]) -> Result<Option<LitStr>> {
    let expected = "expected `#[label(\"\u{2026}\")]`";
    let Some(attribute) = only(attributes)? else {
        return Ok(None);
    };
    let Meta::List(list) = &attribute.meta else {
        return Err(Error::new_spanned(attribute, expected));
    };
    let text = syn::parse2(list.tokens.clone());
    text.map(Some)
        .map_err(|_| Error::new_spanned(&list.tokens, expected))
}

/// Of `#[label(crate = path)]` on the enum, the path.
fn krate(attributes: &[Attribute]) -> Result<Option<Path>> {
    let expected = "expected `#[label(crate = path::to::axisor_telemetry)]`; a label's text belongs on a variant";
    let Some(attribute) = only(attributes)? else {
        return Ok(None);
    };
    let krate = attribute.parse_args_with(|input: syn::parse::ParseStream<'_>| {
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        input.call(Path::parse_mod_style)
    });
    krate
        .map(Some)
        .map_err(|_| Error::new(attribute.meta.span(), expected))
}

fn only(attributes: &[Attribute]) -> Result<Option<&Attribute>> {
    let mut labels = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("label"));
    let first = labels.next();
    match labels.next() {
        Some(again) => Err(Error::new(
            again.meta.span(),
            "`label` is given twice; keep one",
        )),
        None => Ok(first),
    }
}
