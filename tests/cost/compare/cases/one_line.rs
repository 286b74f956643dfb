//! Bodies of one line, which `cargo fmt` would not leave, under `deny(warnings)`.

#![deny(warnings)]

use support::Missing;

#[attribute]
fn one() -> Result<u8, Missing> { Ok(1) }

#[attribute]
async fn later() -> Result<u8, Missing> { Err(Missing) }

#[attribute]
fn never() -> Result<u8, Missing> { panic!("not yet") }

fn main() {
    support::record(|| {
        assert!(one().is_ok());
        let _ = (later, never);
    });
}
