//! The attributes of axisor-telemetry, which re-exports them: use them from there.

mod args;
mod expand;
mod function;
mod label;

use proc_macro2::{Ident, Span, TokenStream};

/// Records calls as automation executions.
#[proc_macro_attribute]
pub fn instrument_automation(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    Attribute::Automation
        .expand(args.into(), item.into())
        .into()
}

/// Records calls as margin guard actions.
#[proc_macro_attribute]
pub fn track_margin_guard(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    Attribute::MarginGuard
        .expand(args.into(), item.into())
        .into()
}

/// Which of the attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attribute {
    Automation,
    MarginGuard,
}

impl Attribute {
    fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Automation => &["type"],
            Self::MarginGuard => &["action", "plan"],
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Automation => "instrument_automation(type = \"margin_check\")",
            Self::MarginGuard => "track_margin_guard(action = \"add_margin\", plan = user.plan)",
        }
    }

    fn recorder(self) -> Ident {
        let name = match self {
            Self::Automation => "Automation",
            Self::MarginGuard => "MarginGuard",
        };
        Ident::new(name, Span::call_site())
    }

    fn expand(self, args: TokenStream, item: TokenStream) -> TokenStream {
        let function = syn::parse2::<function::Function>(item.clone());
        let args = args::Args::parse(self, args);
        let error = match (args, function) {
            (Ok(args), Ok(function)) => return expand::expand(self, &args, &function),
            (Err(error), Ok(_)) | (_, Err(error)) => error.into_compile_error(),
        };
        quote::quote!(#error #item)
    }
}
