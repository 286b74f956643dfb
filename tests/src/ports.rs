//! Ports for programs a test starts.

use std::net::TcpListener;

/// A port of loopback that nobody listens on at the moment.
///
/// # Errors
/// If the system has none left.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
