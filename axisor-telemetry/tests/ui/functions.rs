//! Every kind of function there is, with every argument.

#[path = "pass/arguments.rs"]
pub mod arguments;
#[path = "pass/async_trait_methods.rs"]
pub mod async_trait_methods;
#[path = "pass/attributes_and_macros.rs"]
pub mod attributes_and_macros;
#[path = "pass/derived_labels.rs"]
pub mod derived_labels;
#[path = "pass/free_functions.rs"]
pub mod free_functions;
#[path = "pass/futures.rs"]
pub mod futures;
#[path = "pass/generics.rs"]
pub mod generics;
#[path = "pass/label_values.rs"]
pub mod label_values;
#[path = "pass/methods.rs"]
pub mod methods;

pub(crate) fn main() {
    arguments::main();
    async_trait_methods::main();
    attributes_and_macros::main();
    derived_labels::main();
    free_functions::main();
    futures::main();
    generics::main();
    label_values::main();
    methods::main();
}
