//! Clippy reads the programs of `ui/pass`, which deny its pedantic lints (of those without `unsafe`, which this workspace forbids).
#![allow(dead_code, deprecated)] // nobody calls their `main`

#[path = "ui/pass/arguments.rs"]
pub mod arguments;
#[path = "ui/pass/async_trait_methods.rs"]
pub mod async_trait_methods;
#[path = "ui/pass/attributes_and_macros.rs"]
pub mod attributes_and_macros;
#[path = "ui/pass/derived_labels.rs"]
pub mod derived_labels;
#[path = "ui/pass/free_functions.rs"]
pub mod free_functions;
#[path = "ui/pass/futures.rs"]
pub mod futures;
#[path = "ui/pass/generics.rs"]
pub mod generics;
#[path = "ui/pass/label_values.rs"]
pub mod label_values;
#[path = "ui/pass/methods.rs"]
pub mod methods;
