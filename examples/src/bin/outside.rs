//! The outside as a program of its own: `cargo run -p axisor-examples --bin outside -- --help`.

use std::process::ExitCode;

use axisor_examples::{outside, service};

#[tokio::main]
async fn main() -> ExitCode {
    service::main(outside::run).await
}
