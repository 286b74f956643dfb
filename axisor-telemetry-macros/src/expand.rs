//! [`Args`] and [`Function`] → a static site and one call.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ReturnType, Type};

use crate::args::{Args, Buckets, Choice, Err, Rule, Text};
use crate::attribute::Attribute;
use crate::field::{Field, Shown};
use crate::function::{Form, Function};
use crate::label::{Label, checked_const};
use crate::place::{at, by_reference, call, local, located, ours};

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
        let returned = self.returned();
        let statements = self.function.body.stream();
        let has_type = !self.function.never_returns();
        let typed = has_type.then(|| {
            let here = at(&returned);
            let private = located(&self.private, here);
            quote_spanned!(here=> if false { return #private::never::<#returned>(); })
        });
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
        let spec = self.spec();
        let site = quote! {
            static __AXISOR_SITE: #private::Site = #private::Site::new(#spec);
        };
        let Some(open) = self.open() else {
            let start = format_ident!("{how}");
            return quote!({ #site #private::#start(&__AXISOR_SITE) });
        };
        let start = format_ident!("{how}_with");
        quote!({ #site #private::#start(&__AXISOR_SITE, #open) })
    }

    /// What is the same for every call.
    fn spec(&self) -> TokenStream {
        let private = &self.private;
        let recorder = self.attribute.recorder();
        let function = self.function.sig.ident.unraw().to_string();
        let name = self.args.name.as_ref();
        let name = name.map_or_else(|| quote!(#function), ToTokens::to_token_stream);
        let qualified = format!("::{function}");
        let settings = self.settings();
        quote! {
            #private::Spec {
                #settings
                ..#private::Spec::new(#private::Recorder::#recorder, #name, ::core::module_path!(), #private::Code {
                    function: ::core::concat!(::core::module_path!(), #qualified),
                    file: ::core::file!(),
                    line: ::core::line!(),
                })
            }
        }
    }

    /// The settings that are not as usual.
    fn settings(&self) -> TokenStream {
        let private = &self.private;
        let args = self.args;
        let mut settings = self.labels();
        if let Some(kind) = &args.kind {
            let kind = self.choice("SpanKind", kind);
            settings.extend(quote!(kind: #kind,));
        }
        if let Some(level) = &args.level {
            let level = self.choice("Level", level);
            settings.extend(quote!(level: #level,));
        }
        if let Some(target) = &args.target {
            settings.extend(quote!(target: #target,));
        }
        if let Some(variant) = args.on_cancel {
            let variant = format_ident!("{variant}");
            settings.extend(quote!(on_cancel: #private::OnCancel::#variant,));
        }
        if let Some(variant) = args.count {
            let variant = format_ident!("{variant}");
            settings.extend(quote!(count: #private::Count::#variant,));
        }
        if let Some(buckets) = &args.duration {
            let buckets = self.buckets(buckets);
            settings.extend(quote!(duration: ::core::option::Option::Some(#buckets),));
        }
        if args.in_flight {
            settings.extend(quote!(in_flight: true,));
        }
        settings
    }

    /// The label values that are the same for every call, and what stands for one that only a returned value tells.
    fn labels(&self) -> TokenStream {
        let labels = &self.args.labels;
        let fixed = |label: &Label| label.fixed(&self.private);
        let private = &self.private;
        let first = |label: &Label| match fixed(label) {
            Some(value) => value,
            None if label.returned().is_some() => quote!(#private::UNKNOWN),
            None => quote!(""),
        };
        let mut values: Vec<_> = labels.iter().map(first).collect();
        values.resize_with(2, || quote!(""));
        let all_fixed = labels.iter().all(|label| fixed(label).is_some());
        let all_fixed = all_fixed.then(|| quote!(fixed: true,));
        quote!(labels: [#(#values),*], #all_fixed)
    }

    fn choice(&self, of: &str, choice: &Choice) -> TokenStream {
        let private = &self.private;
        let of = format_ident!("{of}");
        match choice {
            Choice::Word(word) => {
                let word = format_ident!("{word}");
                quote!(#private::#of::#word)
            }
            Choice::Path(path) => path.to_token_stream(),
        }
    }

    fn buckets(&self, buckets: &Buckets) -> TokenStream {
        let private = &self.private;
        match buckets {
            Buckets::Usual => quote!(#private::DURATION_BUCKETS),
            Buckets::Checked(bounds) => quote!(&[#(#bounds),*]),
            Buckets::Const(bounds) => call(private, "buckets", bounds, by_reference(bounds)),
        }
    }

    /// The closure that asks the attribute's expressions before the body runs, if there are any.
    fn open(&self) -> Option<TokenStream> {
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

    /// The closure that says how a returned value counts.
    fn judge(&self, rules: &str) -> TokenStream {
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
            return quote_spanned!(here=> |#returned, _| #judged #err #rule);
        }
        let labels = local("labels", here);
        quote_spanned!(here=> |#returned, #labels| { #late #judged #err #rule })
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

fn opening() -> Ident {
    local("opening", Span::call_site())
}

/// What a function of the attribute says of what was returned.
fn apply(private: &TokenStream, function: &Expr) -> TokenStream {
    let returned = local("returned", at(function));
    call(private, "apply", function, quote!(#returned, #function))
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

impl ToTokens for Text {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(text) => text.to_tokens(tokens),
            Self::Const(path) => path.to_tokens(tokens),
        }
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
