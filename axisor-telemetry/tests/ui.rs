//! What the attributes take and what they refuse, a case a file.

#[test]
fn every_kind_of_function_compiles_and_every_mistake_is_one_clear_error() {
    let cases = trybuild::TestCases::new();
    // Built, not only checked: constants of generic types are evaluated then.
    cases.pass("tests/ui/functions.rs");
    cases.pass("tests/ui/unsafe_functions.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
