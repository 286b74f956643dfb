//! Ports for programs a test starts.

use std::collections::HashSet;
use std::net::TcpListener;
use std::sync::{LazyLock, Mutex, PoisonError};

/// A port of loopback that nobody listens on at the moment.
///
/// # Errors
/// If the system has none left.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A port for what is stopped and started again: below the range from which the system takes ports for outgoing connections,
/// which would sit on it meanwhile, and given once in a process.
#[must_use]
pub fn lasting_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    const BLOCK: u32 = 16; // programs that start one after the other do not look at the same ports
    static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let start = std::process::id() * BLOCK % u32::from(COUNT);
    let start = u16::try_from(start).unwrap_or(0);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..COUNT)
        .map(|step| FIRST + (start + step) % COUNT)
        .find(|port| is_free(port) && given.insert(*port))
        .unwrap_or(0)
}
