//! How a returned value counts.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Expr;

use super::{Expansion, call, returned_value};
use crate::args::{Err, Rule};
use crate::place::{at, by_reference, call as call_of, local, ours};
use crate::returned::Form;

impl Expansion<'_> {
    /// The statement that ends the call with what was returned.
    pub(super) fn end(&self) -> TokenStream {
        let private = &self.private;
        // An error about the type belongs to where it is written; a lint's opinion on this code does not.
        let here = at(&self.returned());
        let (call, returned) = (call(), returned_value(here));
        let rules = format_ident!("{}", self.rules());
        let rule = quote_spanned!(here=> { use #private::#rules::*; (&&&&#private::Judge(&#returned)).rule() });
        let (err, own, late) = (self.err(), self.rule(), self.late());
        if late.is_empty() && err.is_empty() && own.is_none() {
            return quote_spanned!(here=> #call.end(#rule, &#returned););
        }
        let labels = local(if late.is_empty() { "_labels" } else { "labels" }, here);
        let verdict = quote_spanned!(here=> #private::Rule::verdict(#rule, &#returned));
        quote_spanned!(here=> #call.end_with(|#labels| { #late #verdict #err #own });)
    }

    /// The rules its type is looked at by.
    fn rules(&self) -> &'static str {
        match self.function.form {
            Form::Plain => "value_prelude",
            Form::Async | Form::ImplFuture | Form::BoxedFuture => "future_prelude",
        }
    }

    /// What the span says of an error.
    fn err(&self) -> TokenStream {
        match &self.args.err {
            Err::Display => TokenStream::new(),
            Err::TypeOnly => quote!(.type_only()),
            Err::Debug(asked) => {
                let (here, returned) = (ours(*asked), returned_value(*asked));
                quote_spanned!(here=> .debug(&#returned))
            }
            Err::With(function) => {
                let here = at(function);
                let returned = returned_value(here);
                quote_spanned!(here=> .with(&#returned, #function))
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
    let returned = returned_value(at(function));
    call_of(private, "apply", function, quote!(&#returned, #function))
}
