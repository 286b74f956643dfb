//! The closure that asks the attribute's expressions before the body runs.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned as _;

use super::Expansion;
use crate::field::{Field, Shown};
use crate::label::{Label, checked_const};
use crate::place::{at, by_reference, local};

impl Expansion<'_> {
    /// The closure, if there is anything to ask.
    pub(super) fn open(&self) -> Option<TokenStream> {
        let labels = self.args.labels.iter().enumerate();
        let labels: TokenStream = labels
            .filter_map(|(index, label)| self.label(index, label))
            .collect();
        let of_span = self.of_span();
        if labels.is_empty() && of_span.is_empty() {
            return None;
        }
        let opening = opening();
        let of_span = (!of_span.is_empty()).then(|| quote!(if #opening.wants_span() { #of_span }));
        Some(quote!(|#opening| { #labels #of_span }))
    }

    /// The statement that gives the label at `index`.
    fn label(&self, index: usize, label: &Label) -> Option<TokenStream> {
        let opening = opening();
        match label {
            Label::Literal(_) | Label::Const(_) | Label::Returned(_) => None,
            Label::AssociatedConst(path) => {
                let value = checked_const(&self.private, path);
                Some(quote!(#opening.constant(#index, const { #value });))
            }
            Label::Computed(value) => {
                let value = by_reference(value);
                Some(quote!(#opening.label(#index, #value);))
            }
        }
    }

    /// The statements that give what only a span needs.
    fn of_span(&self) -> TokenStream {
        let parent = self.args.parent.iter().map(|parent| {
            let opening = opening();
            let parent = by_reference(parent);
            quote!(#opening.parent(#parent);)
        });
        let links = self.args.links.iter().map(|link| self.link(link));
        let fields = self.args.fields.iter().map(field);
        parent.chain(links).chain(fields).collect()
    }

    /// Where the expression stands, no name of `__private` is in scope.
    fn link(&self, link: &Expr) -> TokenStream {
        let private = &self.private;
        let (opening, linked) = (opening(), local("linked", link.span()));
        let by_reference = is_place(link).then(|| quote!(&));
        quote_spanned! {at(link)=>
            match #private::Linked::new(#by_reference #link) {
                #linked => {
                    use #private::link_prelude::*;
                    (&&&&#linked).link(#opening);
                }
            }
        }
    }
}

fn opening() -> Ident {
    local("opening", Span::call_site())
}

fn field(Field { name, shown, value }: &Field) -> TokenStream {
    let opening = opening();
    let method = match shown {
        Shown::Value => format_ident!("field"),
        Shown::Display => format_ident!("field_display"),
        Shown::Debug => format_ident!("field_debug"),
    };
    let value = by_reference(value);
    quote!(#opening.#method(#name, #value);)
}

/// Whether an expression names something that is there already, and must not be moved out of it.
fn is_place(expression: &Expr) -> bool {
    match expression {
        Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => true,
        Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Deref(_)),
        Expr::Paren(inner) => is_place(&inner.expr),
        Expr::Group(inner) => is_place(&inner.expr),
        _ => false,
    }
}
