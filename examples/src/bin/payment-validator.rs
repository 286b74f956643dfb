//! The payment-validator as a program of its own: `cargo run -p axisor-examples --bin payment-validator -- --help`.

use std::process::ExitCode;

use axisor_examples::{payment_validator, service};

#[tokio::main]
async fn main() -> ExitCode {
    service::main(payment_validator::run).await
}
