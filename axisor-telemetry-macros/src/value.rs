//! What an argument's value may be: a word, text, a path, numbers.

use syn::spanned::Spanned as _;
use syn::{Error, Expr, ExprLit, ExprPath, Lit, LitStr, Path, Result};

use crate::errors::remedy;
use crate::given::Argument;
use crate::label::{is_const, ungrouped};

/// Words, and the variants or constants they stand for.
pub(crate) type Words = [(&'static str, &'static str)];

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

/// What a word in quotes stands for.
pub(crate) fn word(argument: Argument, words: &Words) -> Result<&'static str> {
    let name = argument.name.to_string();
    match ungrouped(argument.value()?) {
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

pub(crate) fn choice(argument: Argument, words: &Words, example: &str) -> Result<Choice> {
    let name = argument.name.to_string();
    match ungrouped(argument.value()?) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => named(&name, &text, words).map(Choice::Word),
        Expr::Path(path) if path.path.get_ident().is_none() || is_const(&path.path) => {
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

fn named(argument: &str, text: &LitStr, words: &Words) -> Result<&'static str> {
    let given = text.value();
    if let Some((_, variant)) = words.iter().find(|(word, _)| *word == given) {
        return Ok(variant);
    }
    let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    let message = format!("unknown {argument} `{given}`; {}", remedy(&given, &known));
    Err(Error::new(text.span(), message))
}

fn in_quotes(words: &Words) -> String {
    let words: Vec<_> = words
        .iter()
        .map(|(word, _)| format!("`\"{word}\"`"))
        .collect();
    match words.split_last() {
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

pub(crate) fn text(argument: Argument) -> Result<Text> {
    let name = argument.name.to_string();
    match ungrouped(argument.value()?) {
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

pub(crate) fn path(argument: Argument) -> Result<Path> {
    match ungrouped(argument.value()?) {
        Expr::Path(path) if path.qself.is_none() => Ok(path.path),
        other => Err(Error::new(
            other.span(),
            "expected a path to axisor-telemetry",
        )),
    }
}

pub(crate) fn buckets(value: Expr) -> Result<Buckets> {
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
    let Expr::Lit(ExprLit { lit, .. }) = value else {
        return None;
    };
    let number: f64 = match lit {
        Lit::Float(number) => number.base10_parse().ok()?,
        Lit::Int(number) => number.base10_parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
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
