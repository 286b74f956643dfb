//! A future that is dropped while it waits.

use support::{Missing, abandon, wait};

#[attribute]
async fn place() -> Result<u64, Missing> {
    wait().await;
    Ok(1)
}

fn main() {
    support::record(|| abandon(place()));
}
