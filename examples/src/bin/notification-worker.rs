//! The notification-worker as a program of its own: `cargo run -p axisor-examples --bin notification-worker -- --help`.

use std::process::ExitCode;

use axisor_examples::{notification_worker, service};

#[tokio::main]
async fn main() -> ExitCode {
    service::main(notification_worker::run).await
}
