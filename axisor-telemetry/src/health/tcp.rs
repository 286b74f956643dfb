//! Whether a port takes connections.

use std::io;

use tokio::net::TcpStream;

use super::{CheckReport, Checking, HealthCheck};

/// Opens a connection and closes it again: for what speaks no protocol this crate knows, and for an LND node whose
/// certificate is not at hand (port 10009).
///
/// It says that somebody listens, not that they are well: a stopped process still takes connections.
/// ```
/// use axisor_telemetry::Telemetry;
/// use axisor_telemetry::health::{HealthCheck as _, TcpCheck};
///
/// let builder = Telemetry::builder("axisor-backend")
///     .health_check("lnd", TcpCheck::new("lnd:10009").degraded());
/// ```
#[derive(Debug, Clone)]
pub struct TcpCheck {
    address: String,
}

impl TcpCheck {
    /// A check of `host:port`.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
        }
    }
}

impl HealthCheck for TcpCheck {
    fn check(&self) -> Checking<'_> {
        Box::pin(async {
            match TcpStream::connect(&self.address).await {
                Ok(_) => CheckReport::healthy().with_response_time(),
                Err(error) => CheckReport::failed(in_words(&error)),
            }
        })
    }
}

/// Without the address, which some of the system's messages name.
pub(super) fn in_words(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused",
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => "connection reset",
        io::ErrorKind::TimedOut => "connection timed out",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "no route",
        io::ErrorKind::UnexpectedEof => "connection closed",
        _ => "no connection",
    }
}
