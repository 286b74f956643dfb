//! The margin-monitor as a program of its own: `cargo run -p axisor-examples --bin margin-monitor -- --help`.

use std::process::ExitCode;

use axisor_examples::{margin_monitor, service};

#[tokio::main]
async fn main() -> ExitCode {
    service::main(margin_monitor::run).await
}
