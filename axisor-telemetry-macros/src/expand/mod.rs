//! [`Args`] and [`Function`] → a static site and one call.

mod judge;
mod opening;
mod site;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Path, ReturnType, Type};

use crate::args::Args;
use crate::attribute::Attribute;
use crate::function::Function;
use crate::place::{at, local, located};
use crate::returned::Form;

pub(crate) fn expand(attribute: Attribute, args: &Args, function: &Function) -> TokenStream {
    let Function { head, sig, .. } = function;
    let call = Expansion::new(attribute, args, function).call();
    quote! {
        #head #sig {
            #call
        }
    }
}

struct Expansion<'a> {
    attribute: Attribute,
    args: &'a Args,
    function: &'a Function,
    private: TokenStream,
}

impl<'a> Expansion<'a> {
    fn new(attribute: Attribute, args: &'a Args, function: &'a Function) -> Self {
        let private = args.krate.as_ref().map_or_else(
            || quote!(::axisor_telemetry::__private),
            |krate| quote!(#krate::__private),
        );
        Self {
            attribute,
            args,
            function,
            private,
        }
    }

    fn call(&self) -> TokenStream {
        match self.function.form {
            Form::Plain => self.plain(),
            Form::Async => self.async_body(&self.function.body),
            Form::ImplFuture if self.function.must_be_unpin() => self.boxed_future(),
            Form::ImplFuture => self.future_returned(),
            Form::BoxedFuture => self.boxed(),
        }
    }

    fn plain(&self) -> TokenStream {
        let call = call();
        let begin = self.begin("begin");
        let (private, returned, body) = (&self.private, self.returned(), &self.function.body);
        let run = quote!(#private::run(move || -> #returned #body));
        if self.function.never_returns() {
            return quote!(let #call = #begin; #run);
        }
        let (ended, returned) = (self.end(), returned_value(Span::call_site()));
        quote! {
            let #call = #begin;
            let #returned = #run;
            #ended
            #returned
        }
    }

    /// The body of an async function or block around that of the user's.
    fn async_body(&self, block: &Group) -> TokenStream {
        let block = self.typed(block);
        let begin = self.begin("begin_polled");
        self.polled(&begin, &quote!(async move #block))
    }

    /// The body of an async function or block that polls `future`.
    fn polled(&self, begin: &TokenStream, future: &TokenStream) -> TokenStream {
        let call = call();
        let polls = quote!(#call.polls(#future).await);
        if self.function.never_returns() {
            return quote!(let mut #call = #begin; #polls);
        }
        let (ended, returned) = (self.end(), returned_value(Span::call_site()));
        quote! {
            let mut #call = #begin;
            let #returned = #polls;
            #ended
            #returned
        }
    }

    fn future_returned(&self) -> TokenStream {
        let private = &self.private;
        let (returned, output) = (self.returned(), self.output());
        let (body, future) = (&self.function.body, local("future", Span::call_site()));
        let made = quote! {
            let #future = #private::make::<#output, _>(move || -> #returned #body);
        };
        self.later(&made, &quote!(#future))
    }

    /// An async block for `future`, which knows what `made` made, and what the attribute's expressions give at once.
    fn later(&self, made: &TokenStream, future: &TokenStream) -> TokenStream {
        if self.open().is_none() {
            let body = self.polled(&self.begin("begin_polled"), future);
            return quote!(#made async move { #body });
        }
        let (later, given) = (local("later", Span::call_site()), self.begin("later"));
        let body = self.polled(&quote!(#later.begin()), future);
        quote!(let #later = #given; #made async move { #body })
    }

    fn boxed(&self) -> TokenStream {
        let Some((pin, block)) = boxed_async_block(&self.function.body) else {
            return self.boxed_future();
        };
        if self.function.is_made_by_async_trait() {
            // Typed as `async fn`, and so it is one: nothing is evaluated before its future is polled.
            let body = self.async_body(&block);
            return quote!(#pin(async move { #body }));
        }
        let block = self.typed(&block);
        let future = self.later(&TokenStream::new(), &quote!(async move #block));
        quote!(#pin({ #future }))
    }

    fn boxed_future(&self) -> TokenStream {
        let future = self.future_returned();
        quote!(::std::boxed::Box::pin({ #future }))
    }

    /// The block of a future, which is told first what it returns: nobody else does.
    fn typed(&self, block: &Group) -> Group {
        let statements = block.stream();
        let output = self.output();
        let is_known = !matches!(output, Type::Never(_) | Type::Infer(_));
        let typed = is_known.then(|| {
            let here = at(&output);
            let private = located(&self.private, here);
            quote_spanned!(here=> if false { return #private::never::<#output>(); })
        });
        braced(block, quote!(#typed #statements))
    }

    /// A block that gives the call, so that the site is no name in the body.
    fn begin(&self, how: &str) -> TokenStream {
        let private = &self.private;
        let spec = self.spec();
        let site = quote! {
            static __AXISOR_SITE: #private::Site = #private::Site::new(#spec);
        };
        let Some(open) = self.open() else {
            let begin = format_ident!("{how}");
            return quote!({ #site #private::#begin(&__AXISOR_SITE) });
        };
        let begin = format_ident!("{how}_with");
        quote!({ #site #private::#begin(&__AXISOR_SITE, #open) })
    }

    /// The declared type, with what it hides left to inference.
    fn returned(&self) -> Type {
        match &self.function.sig.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, returned) => inferred(returned),
        }
    }

    /// The type a call ends with.
    fn output(&self) -> Type {
        match (self.function.output(), &self.function.sig.output) {
            (Some(output), _) => inferred(&output),
            (None, ReturnType::Default) => syn::parse_quote!(()),
            (None, ReturnType::Type(..)) => syn::parse_quote!(_),
        }
    }
}

/// The name of the call.
fn call() -> Ident {
    local("call", Span::call_site())
}

/// The name of what the body returned.
fn returned_value(here: Span) -> Ident {
    local("returned", here)
}

fn inferred(written: &Type) -> Type {
    let mut inferred = written.clone();
    Infer.visit_type_mut(&mut inferred);
    inferred
}

struct Infer;

impl VisitMut for Infer {
    fn visit_type_mut(&mut self, node: &mut Type) {
        if let Type::ImplTrait(opaque) = node {
            *node = Type::Verbatim(quote_spanned!(opaque.span()=> _));
        } else {
            visit_mut::visit_type_mut(self, node);
        }
    }
}

fn braced(like: &Group, tokens: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, tokens);
    group.set_span(like.span());
    group
}

/// The parts of a body that is nothing but `Box::pin(async move { … })`.
fn boxed_async_block(body: &Group) -> Option<(Path, Group)> {
    let mut tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let TokenTree::Group(argument) = tokens.pop()? else {
        return None;
    };
    let pin: Path = syn::parse2(tokens.into_iter().collect()).ok()?;
    let mut names = pin.segments.iter().rev().map(|segment| &segment.ident);
    if names.next()? != "pin" || names.next()? != "Box" {
        return None;
    }
    let inner: Vec<TokenTree> = argument.stream().into_iter().collect();
    match inner.as_slice() {
        [first, second, TokenTree::Group(block)]
            if first.to_string() == "async" && second.to_string() == "move" =>
        {
            Some((pin, block.clone()))
        }
        _ => None,
    }
}
