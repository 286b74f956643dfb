//! [`Args`] and [`Function`] → a static site and one call.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{ReturnType, Type};

use crate::args::{Args, Err};
use crate::attribute::Attribute;
use crate::function::{Form, Function};

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
            Form::Async => self.future_of_async(),
            Form::ImplFuture => self.future_returned(),
            Form::BoxedFuture => self.boxed(),
        }
    }

    fn plain(&self) -> TokenStream {
        let start = self.start("start");
        let returned = self.returned();
        let body = &self.function.body;
        let judge = self.judge("value_prelude");
        quote!(#start.run(move || -> #returned #body, #judge))
    }

    fn future_of_async(&self) -> TokenStream {
        let private = &self.private;
        let returned = self.returned();
        let statements = self.function.body.stream();
        let has_type = !matches!(returned, Type::Never(_));
        let typed = has_type.then(|| quote!(if false { return #private::never::<#returned>(); }));
        let body = braced(&self.function.body, quote!(#typed #statements));
        let future = self.future("start", &quote!(async move #body));
        quote!(#future.await)
    }

    fn future_returned(&self) -> TokenStream {
        let private = &self.private;
        let body = &self.function.body;
        let returned = self.returned();
        self.future("later", &quote!(#private::make(move || -> #returned #body)))
    }

    fn boxed(&self) -> TokenStream {
        if let Some((path, block)) = boxed_async_block(&self.function.body) {
            let future = self.future("start", &quote!(async move #block));
            return quote!(#path(async move { #future.await }));
        }
        let future = self.future_returned();
        quote!(::std::boxed::Box::pin(#future))
    }

    /// The future of a call around `body`.
    fn future(&self, how: &str, body: &TokenStream) -> TokenStream {
        let start = self.start(how);
        let judge = self.judge("future_prelude");
        quote!(#start.future(#body, #judge))
    }

    /// A block that gives the call, so that the site is no name in the body.
    fn start(&self, how: &str) -> TokenStream {
        let private = &self.private;
        let recorder = self.attribute.recorder();
        let function = &self.function.sig.ident;
        let name = self.args.name.as_ref();
        let name = name.map_or_else(
            || quote!(::core::stringify!(#function)),
            |name| quote!(#name),
        );
        let code = quote! {
            #private::Code {
                function: ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#function)),
                file: ::core::file!(),
                line: ::core::line!(),
            }
        };
        let fixed = self.fixed_labels();
        let labels = fixed
            .as_ref()
            .map(|labels| quote!(labels: [#(#labels),*], fixed: true,));
        let site = quote! {
            static __AXISOR_SITE: #private::Site = #private::Site::new(#private::Spec {
                #labels
                ..#private::Spec::new(#private::Recorder::#recorder, #name, ::core::module_path!(), #code)
            });
        };
        let start = quote::format_ident!("{how}");
        if fixed.is_some() {
            return quote!({ #site #private::#start(&__AXISOR_SITE) });
        }
        let start = quote::format_ident!("{how}_with");
        let labels = self.computed_labels();
        quote!({ #site #private::#start(&__AXISOR_SITE, |opening| { #(#labels)* }) })
    }

    fn fixed_labels(&self) -> Option<Vec<TokenStream>> {
        let labels = self.args.labels.iter();
        let mut labels: Vec<_> = labels
            .map(|label| label.fixed(&self.private))
            .collect::<Option<_>>()?;
        labels.resize_with(2, || quote!(""));
        Some(labels)
    }

    fn computed_labels(&self) -> Vec<TokenStream> {
        let private = &self.private;
        let labels = self.args.labels.iter().enumerate();
        labels
            .map(|(index, label)| label.computed(index, private))
            .collect()
    }

    fn judge(&self, rules: &str) -> TokenStream {
        let private = &self.private;
        if let Type::Never(_) = self.returned() {
            return quote!(|_, _| #private::Verdict::SUCCESS);
        }
        let rules = quote::format_ident!("{rules}");
        // An error about the type belongs to where it is written; a lint's opinion on this code does not.
        let span = Span::call_site().located_at(self.returned().span());
        let judge = quote_spanned!(span=> (&&&&Judge(returned)).judge());
        let err = match self.args.err {
            Err::Display => TokenStream::new(),
            Err::TypeOnly => quote!(.type_only()),
        };
        quote_spanned!(span=> |returned, _| { use #private::#rules::*; #judge #err })
    }

    /// The declared type, with what it hides left to inference.
    fn returned(&self) -> Type {
        let mut returned = match &self.function.sig.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, returned) => Type::clone(returned),
        };
        Infer.visit_type_mut(&mut returned);
        returned
    }
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

/// The parts of a body that is nothing but `Box::pin(async move { … })`, as `async_trait` makes it.
fn boxed_async_block(body: &Group) -> Option<(TokenStream, Group)> {
    let mut tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let TokenTree::Group(argument) = tokens.pop()? else {
        return None;
    };
    let path: TokenStream = tokens.into_iter().collect();
    if !path.to_string().replace(' ', "").ends_with("Box::pin") || path.to_string().contains(';') {
        return None;
    }
    let inner: Vec<TokenTree> = argument.stream().into_iter().collect();
    match inner.as_slice() {
        [first, second, TokenTree::Group(block)]
            if first.to_string() == "async" && second.to_string() == "move" =>
        {
            Some((path.into_token_stream(), block.clone()))
        }
        _ => None,
    }
}
