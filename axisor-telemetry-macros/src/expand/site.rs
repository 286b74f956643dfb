//! The static site: what is the same for every call.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt as _;

use super::Expansion;
use crate::label::Label;
use crate::place::{by_reference, call};
use crate::value::{Buckets, Choice, Text};

impl Expansion<'_> {
    /// The `Spec` of the function.
    pub(super) fn spec(&self) -> TokenStream {
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
        if args.parent.is_some() {
            settings.extend(quote!(names_parent: true,));
        }
        if args.in_flight {
            settings.extend(quote!(in_flight: true,));
        }
        if args.capture {
            settings.extend(quote!(capture: true,));
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
}

impl ToTokens for Text {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(text) => text.to_tokens(tokens),
            Self::Const(path) => path.to_tokens(tokens),
        }
    }
}
