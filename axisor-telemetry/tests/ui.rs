//! What the attributes take and what they refuse, a case a file.

#[test]
fn every_kind_of_function_compiles_and_every_mistake_is_one_clear_error() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs"); // built, not only checked: constants of generic types are evaluated then
    cases.compile_fail("tests/ui/fail/*.rs");
}
