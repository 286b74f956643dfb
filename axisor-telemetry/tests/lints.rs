//! Clippy reads the functions of the ui cases: their modules deny its pedantic lints.

#[allow(deprecated, reason = "one of the functions is")]
#[path = "ui/functions.rs"]
pub mod functions;

#[test]
fn without_telemetry_only_the_bodies_run() {
    functions::main();
}
