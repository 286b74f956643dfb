//! The automation-executor as a program of its own: `cargo run -p axisor-examples --bin automation-executor -- --help`.

use std::process::ExitCode;

use axisor_examples::{automation_executor, service};

#[tokio::main]
async fn main() -> ExitCode {
    service::main(automation_executor::run).await
}
