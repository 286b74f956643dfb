//! The closure that says how a returned value counts.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Expr;

use super::Expansion;
use crate::args::{Err, Rule};
use crate::place::{at, by_reference, call, local, ours};

impl Expansion<'_> {
    /// The closure, which looks at the type by `rules`.
    pub(super) fn judge(&self, rules: &str) -> TokenStream {
        let private = &self.private;
        if self.function.never_returns() {
            return quote!(|_, _| #private::Verdict::SUCCESS);
        }
        // An error about the type belongs to where it is written; a lint's opinion on this code does not.
        let typed = self.returned();
        let here = at(&typed);
        let (returned, rules) = (local("returned", here), format_ident!("{rules}"));
        let judged = quote_spanned!(here=> { use #private::#rules::*; (&&&&#private::Judge(#returned)).judge() });
        let (err, rule, late) = (self.err(), self.rule(), self.late());
        if late.is_empty() {
            return quote_spanned!(here=> move |#returned, _| #judged #err #rule);
        }
        let labels = local("labels", here);
        quote_spanned!(here=> move |#returned, #labels| { #late #judged #err #rule })
    }

    /// What the span says of an error.
    fn err(&self) -> TokenStream {
        match &self.args.err {
            Err::Display => TokenStream::new(),
            Err::TypeOnly => quote!(.type_only()),
            Err::Debug(asked) => {
                let (here, returned) = (ours(*asked), local("returned", *asked));
                quote_spanned!(here=> .debug(#returned))
            }
            Err::With(function) => {
                let here = at(function);
                let returned = local("returned", here);
                quote_spanned!(here=> .with(#returned, #function))
            }
        }
    }

    /// What the attribute's own rule makes of the verdict.
    fn rule(&self) -> Option<TokenStream> {
        let private = &self.private;
        let Rule {
            function, is_error, ..
        } = self.args.rule.as_ref()?;
        let succeeded = apply(private, function);
        let not = is_error.then(|| quote_spanned!(at(function)=> !));
        Some(quote!(.succeeded(#not #succeeded)))
    }

    /// The statements that give the labels taken from what was returned.
    fn late(&self) -> TokenStream {
        let private = &self.private;
        let labels = self.args.labels.iter().enumerate();
        let late = labels.filter_map(|(index, label)| Some((index, label.returned()?)));
        late.map(|(index, function)| {
            let (labels, value) = (local("labels", at(function)), apply(private, function));
            let value = by_reference(&value);
            quote!(#labels.set(#index, #value);)
        })
        .collect()
    }
}

/// What a function of the attribute says of what was returned.
fn apply(private: &TokenStream, function: &Expr) -> TokenStream {
    let returned = local("returned", at(function));
    call(private, "apply", function, quote!(#returned, #function))
}
