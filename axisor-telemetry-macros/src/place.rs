//! Where the compiler shows its errors: at what the user wrote, while lints pass over the code around it.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

/// Code of ours that stands where `place` begins.
pub(crate) fn at(place: &impl ToTokens) -> Span {
    let first = place.to_token_stream().into_iter().next();
    ours(first.map_or_else(Span::call_site, |first| first.span()))
}

/// Code of ours that stands where `place` ends.
fn end(place: &impl ToTokens) -> Span {
    let last = place.to_token_stream().into_iter().last();
    ours(last.map_or_else(Span::call_site, |last| match last {
        TokenTree::Group(group) => group.span_close(),
        last => last.span(),
    }))
}

/// Code of ours that stands at `span`.
pub(crate) fn ours(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// A name that no expression of the user's can see; errors about it point to `place`.
pub(crate) fn local(name: &str, place: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(place))
}

/// `&(value)`, all over the value.
pub(crate) fn by_reference(value: &impl ToTokens) -> TokenStream {
    let inner = parentheses(value, value.to_token_stream());
    quote_spanned!(at(value)=> & #inner)
}

/// A call of a function of `__private`, all over `place`.
pub(crate) fn call(
    private: &TokenStream,
    function: &str,
    place: &impl ToTokens,
    arguments: TokenStream,
) -> TokenStream {
    let here = at(place);
    let function = Ident::new(function, here);
    let private = located(private, here);
    let arguments = parentheses(place, arguments);
    quote_spanned!(here=> #private::#function)
        .into_iter()
        .chain(quote!(#arguments))
        .collect()
}

/// The same tokens, where `here` is.
pub(crate) fn located(tokens: &TokenStream, here: Span) -> TokenStream {
    let tokens = tokens.clone().into_iter().map(|mut token| {
        token.set_span(here);
        token
    });
    tokens.collect()
}

fn parentheses(place: &impl ToTokens, inner: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Parenthesis, inner);
    group.set_span(end(place));
    group
}
