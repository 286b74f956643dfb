//! A function that returns an `impl Future`.

use support::{Missing, finish, wait, work};

#[attribute]
fn place() -> impl Future<Output = Result<u64, Missing>> {
    async {
        wait().await;
        work();
        Err(Missing)
    }
}

fn main() {
    support::record(|| assert!(finish(place()).is_err()));
}
