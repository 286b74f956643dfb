//! What is different between the attributes.

use proc_macro2::{Ident, Span, TokenStream};
use syn::Error;

use crate::args::Args;
use crate::errors::Errors;
use crate::expand::expand;
use crate::function::Function;

/// Which of the attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attribute {
    Automation,
    MarginGuard,
}

impl Attribute {
    /// The required arguments, in the order of the recorder's labels.
    pub(crate) fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Automation => &["type"],
            Self::MarginGuard => &["action", "plan"],
        }
    }

    /// Whether some calls may stay uncounted.
    pub(crate) fn has_count(self) -> bool {
        matches!(self, Self::MarginGuard)
    }

    /// How it is written.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Automation => "instrument_automation(type = \"margin_check\")",
            Self::MarginGuard => "track_margin_guard(action = \"add_margin\", plan = user.plan)",
        }
    }

    /// What to do about an argument that only the other attribute has.
    pub(crate) fn of_the_other(self, argument: &str) -> Option<&'static str> {
        match (self, argument) {
            (Self::Automation, "count") => Some(
                "belongs to `#[track_margin_guard]`; executions are counted always, by their `status`",
            ),
            (Self::Automation, "action" | "plan") => {
                Some("belongs to `#[track_margin_guard]`; this attribute has `type`")
            }
            (Self::MarginGuard, "type") => Some(
                "belongs to `#[instrument_automation]`; this attribute has `action` and `plan`",
            ),
            _ => None,
        }
    }

    /// Its variant of `Recorder` in axisor-telemetry.
    pub(crate) fn recorder(self) -> Ident {
        let name = match self {
            Self::Automation => "Automation",
            Self::MarginGuard => "MarginGuard",
        };
        Ident::new(name, Span::call_site())
    }

    /// The instrumented item, or what is wrong and the item as it was: one mistake is one error.
    pub(crate) fn expand(self, args: TokenStream, item: &TokenStream) -> TokenStream {
        let mut errors = Errors::default();
        let function = errors.catch(syn::parse2::<Function>(item.clone()));
        let args = errors.catch(Args::parse(self, args));
        if let (Some(args), Some(function)) = (&args, &function) {
            errors.catch(fit(args, function));
        }
        match (args, function, errors.into_result()) {
            (Some(args), Some(function), Ok(())) => expand(self, &args, &function),
            (_, _, mistakes) => {
                let mistakes = mistakes.err().map(Error::into_compile_error);
                quote::quote!(#mistakes #item)
            }
        }
    }
}

fn fit(args: &Args, function: &Function) -> syn::Result<()> {
    match args.of_returned() {
        Some((argument, span)) if function.never_returns() => {
            let message =
                format!("this function never returns, so `{argument}` has nothing to look at");
            Err(Error::new(span, message))
        }
        _ => Ok(()),
    }
}
