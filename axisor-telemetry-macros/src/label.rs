//! A label value as written.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, Expr, ExprLit, ExprPath, Lit, LitStr, Path, Result};

/// Where a label's value comes from.
pub(crate) enum Label {
    /// Written as a literal and checked here.
    Literal(LitStr),
    /// A constant, checked by the compiler.
    Const(ExprPath),
    /// A constant of a type, which may be generic; checked by the compiler.
    AssociatedConst(ExprPath),
    /// Computed for each call, before the body.
    Computed(Box<Expr>),
}

impl Label {
    pub(crate) fn new(value: Expr) -> Result<Self> {
        match value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => checked(text).map(Self::Literal),
            Expr::Lit(other) => Err(Error::new(
                other.span(),
                "expected text in quotes, a constant, or an expression that gives text",
            )),
            Expr::Path(path) if is_const(&path.path) && is_free(&path) => Ok(Self::Const(path)),
            Expr::Path(path) if is_const(&path.path) => Ok(Self::AssociatedConst(path)),
            other => Ok(Self::Computed(Box::new(other))),
        }
    }

    /// The value as a constant, if it is the same for every call.
    pub(crate) fn fixed(&self, private: &TokenStream) -> Option<TokenStream> {
        match self {
            Self::Literal(text) => Some(quote!(#text)),
            Self::Const(path) => Some(checked_const(private, path)),
            Self::AssociatedConst(_) | Self::Computed(_) => None,
        }
    }

    /// The statement that gives the label at `index` for one call.
    pub(crate) fn computed(&self, index: usize, private: &TokenStream) -> TokenStream {
        match self {
            Self::Literal(text) => quote!(opening.constant(#index, #text);),
            Self::Const(path) | Self::AssociatedConst(path) => {
                let value = checked_const(private, path);
                quote!(opening.constant(#index, const { #value });)
            }
            Self::Computed(value) => {
                let here = Span::call_site().located_at(value.span());
                quote_spanned!(here=> opening.label(#index, &(#value));)
            }
        }
    }
}

/// The check of a constant, in its place, so that the compiler's error points there.
fn checked_const(private: &TokenStream, path: &ExprPath) -> TokenStream {
    let span = Span::call_site().located_at(path.span());
    let here = private.clone().into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    let private: TokenStream = here.collect();
    quote_spanned!(span=> #private::checked(#path))
}

/// A literal that may be a label's value: the same rule as `axisor_telemetry::label::checked`.
fn checked(text: LitStr) -> Result<LitStr> {
    let value = text.value();
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_.:/-".contains(c);
    let message = if value.is_empty() {
        "the label value is empty".to_owned()
    } else if value.len() > 64 {
        format!(
            "the label value has {} bytes, expected at most 64",
            value.len()
        )
    } else if let Some(c) = value.chars().find(|c| !is_allowed(*c)) {
        format!("the label value contains {c:?}, expected letters, digits and `_.:/-` only")
    } else {
        return Ok(text);
    };
    Err(Error::new(text.span(), message))
}

/// By its spelling: `LIMIT`, not `Kind::Limit` or `limit`.
fn is_const(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| {
        let name = last.ident.to_string();
        name.contains(|c: char| c.is_uppercase()) && !name.contains(|c: char| c.is_lowercase())
    })
}

/// Whether no type, which might be a generic one, is on the way to the constant.
fn is_free(path: &ExprPath) -> bool {
    let mut modules = path.path.segments.iter().rev().skip(1);
    path.qself.is_none()
        && modules.all(|module| !module.ident.to_string().starts_with(char::is_uppercase))
}
