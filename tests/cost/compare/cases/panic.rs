//! A function that panics.

use support::{Missing, survive};

#[attribute]
fn place(sats: u64) -> Result<u64, Missing> {
    if sats == 0 {
        panic!("no sats");
    }
    Ok(sats)
}

fn main() {
    support::record(|| survive(|| place(0)));
}
