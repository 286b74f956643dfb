//! The backend as a program of its own: `cargo run -p axisor-examples --bin backend -- --help`.

use std::process::ExitCode;

use axisor_examples::{backend, service};

#[tokio::main]
async fn main() -> ExitCode {
    service::main(backend::run).await
}
