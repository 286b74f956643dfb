//! What is different between the attributes.

use proc_macro2::{Ident, Span, TokenStream};

use crate::args::Args;
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

    /// How it is written.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Automation => "instrument_automation(type = \"margin_check\")",
            Self::MarginGuard => "track_margin_guard(action = \"add_margin\", plan = user.plan)",
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
        let function = syn::parse2::<Function>(item.clone());
        let error = match (Args::parse(self, args), function) {
            (Ok(args), Ok(function)) => return expand(self, &args, &function),
            (Err(error), Ok(_)) | (_, Err(error)) => error.into_compile_error(),
        };
        quote::quote!(#error #item)
    }
}
