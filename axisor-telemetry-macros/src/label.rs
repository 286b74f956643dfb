//! A label value as written.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Error, Expr, ExprCall, ExprLit, ExprPath, Lit, LitStr, Path, Result};

use crate::given::Argument;
use crate::place::call;

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
    /// Made by a function of what the call returned.
    Returned(Box<Expr>),
}

impl Label {
    pub(crate) fn read(argument: Argument) -> Result<Self> {
        match ungrouped(argument.value()?) {
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
            Expr::Call(call) if is_ret(&call) => returned(call),
            other => Ok(Self::Computed(Box::new(other))),
        }
    }

    /// The value as a constant, if it is the same for every call.
    pub(crate) fn fixed(&self, private: &TokenStream) -> Option<TokenStream> {
        match self {
            Self::Literal(text) => Some(quote!(#text)),
            Self::Const(path) => Some(checked_const(private, path)),
            Self::AssociatedConst(_) | Self::Computed(_) | Self::Returned(_) => None,
        }
    }

    /// The function of what the call returned, if it is one.
    pub(crate) fn returned(&self) -> Option<&Expr> {
        match self {
            Self::Returned(function) => Some(function),
            _ => None,
        }
    }
}

/// The check of a constant, in its place, so that the compiler's error points there.
pub(crate) fn checked_const(private: &TokenStream, path: &ExprPath) -> TokenStream {
    call(private, "checked", path, quote!(#path))
}

/// An expression without the invisible parentheses of a `macro_rules!`.
pub(crate) fn ungrouped(expression: Expr) -> Expr {
    match expression {
        Expr::Group(group) => ungrouped(*group.expr),
        other => other,
    }
}

fn returned(call: ExprCall) -> Result<Label> {
    let at = call.span();
    let mut functions = call.args.into_iter();
    match (functions.next(), functions.next()) {
        (Some(function), None) => Ok(Label::Returned(Box::new(function))),
        _ => Err(Error::new(
            at,
            "`ret` takes one function of what is returned: `ret(|returned| \u{2026})`",
        )),
    }
}

fn is_ret(call: &ExprCall) -> bool {
    matches!(&*call.func, Expr::Path(path) if path.path.is_ident("ret"))
}

/// A literal that may be a label's value: the same rule as `axisor_telemetry::label::checked`.
pub(crate) fn checked(text: LitStr) -> Result<LitStr> {
    match mistake(&text.value()) {
        None => Ok(text),
        Some(message) => Err(Error::new(text.span(), message)),
    }
}

/// What is wrong with a label's value that stands in the code.
pub(crate) fn mistake(value: &str) -> Option<String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_.:/-".contains(c);
    if value.is_empty() {
        return Some("the label value is empty".to_owned());
    }
    if value.len() > 64 {
        let bytes = value.len();
        return Some(format!(
            "the label value has {bytes} bytes, expected at most 64"
        ));
    }
    let c = value.chars().find(|c| !is_allowed(*c))?;
    Some(format!(
        "the label value contains {c:?}, expected letters, digits and `_.:/-` only"
    ))
}

/// By its spelling: `LIMIT`, not `Kind::Limit` or `limit`.
pub(crate) fn is_const(path: &Path) -> bool {
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
