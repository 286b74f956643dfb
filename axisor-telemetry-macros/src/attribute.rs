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
                quote::quote!(#mistakes #[allow(unused_variables)] #item) // the attribute might use them
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

#[cfg(test)]
mod tests {
    use proc_macro2::{Group, TokenTree};

    use super::*;

    const ITEM: &str = "pub async fn check (user : & User) -> Result < u8 , Error > { user . }";

    /// The arguments broken off after each token, and without each token, also in their groups.
    fn broken(arguments: &TokenStream) -> Vec<TokenStream> {
        let tokens: Vec<TokenTree> = arguments.clone().into_iter().collect();
        let mut all = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            let (before, after) = (&tokens[..index], &tokens[index + 1..]);
            let joined = |middle: Option<TokenTree>, after: &[TokenTree]| {
                before
                    .iter()
                    .cloned()
                    .chain(middle)
                    .chain(after.to_vec())
                    .collect()
            };
            all.extend([joined(None, &[]), joined(None, after)]);
            let TokenTree::Group(group) = token else {
                continue;
            };
            for inner in broken(&group.stream()) {
                let group = TokenTree::Group(Group::new(group.delimiter(), inner));
                all.extend([joined(Some(group.clone()), &[]), joined(Some(group), after)]);
            }
        }
        all
    }

    #[test]
    fn whatever_is_half_typed_the_item_is_there() {
        let arguments = r#"type = ret(|r| r.kind), action = "a", plan = user.plan(), ok_if = |r| r.is_ok(),
            on_cancel = "skip", count = "always", err(with = |e| e.code()), name = NAME, kind = "client",
            level = Level::INFO, target = "a", parent = job.context, links(job.a, b()[0]),
            fields(user.id, n = %x, ?debug, "quoted.name" = 5), duration(buckets = [0.1, 1]), in_flight,
            skip(user), skip_all, crate = ::axisor_telemetry"#;
        let item: TokenStream = ITEM.parse().unwrap();
        let all = broken(&arguments.parse().unwrap());
        assert!(all.len() > 300);
        for arguments in all {
            for attribute in [Attribute::Automation, Attribute::MarginGuard] {
                let shown = arguments.to_string();
                let expanded = attribute.expand(arguments.clone(), &item).to_string();
                assert!(expanded.contains("pub async fn check"), "{shown}");
                assert!(expanded.contains("user ."), "{shown}");
            }
        }
    }

    #[test]
    fn a_body_is_never_looked_into() {
        for body in [
            "{ let x = }",
            "{ user . plan . ; }",
            "{ #![] }",
            "{ match { => , } else + }",
            "{ }",
        ] {
            let item: TokenStream = format!("fn check() -> u8 {body}").parse().unwrap();
            let expanded = Attribute::Automation.expand("type = \"a\"".parse().unwrap(), &item);
            assert!(!expanded.to_string().contains("compile_error"), "{body}");
        }
    }
}
