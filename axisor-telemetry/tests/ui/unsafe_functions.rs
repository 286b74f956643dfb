//! Functions that are unsafe to call.
#![deny(warnings, missing_docs, clippy::pedantic)]

use axisor_telemetry::instrument_automation;

/// Unsafe to call.
///
/// # Safety
/// `pointer` points to a byte.
#[instrument_automation(type = "unsafe")]
#[must_use]
pub unsafe fn read(pointer: *const u8) -> u8 {
    unsafe { pointer.read() }
}

/// Unsafe to call, async.
///
/// # Safety
/// `pointer` points to a byte.
#[instrument_automation(type = "unsafe")]
pub async unsafe fn read_later(pointer: *const u8) -> u8 {
    unsafe { pointer.read() }
}

/// With Rust's own, unsafe and named.
///
/// # Safety
/// None is needed.
#[instrument_automation(type = "extern")]
pub unsafe extern "Rust" fn qualified(value: u8) -> u8 { value }

fn main() {
    assert_eq!(unsafe { read(&raw const *Box::new(1)) }, 1);
    assert_eq!(unsafe { qualified(1) }, 1);
}
