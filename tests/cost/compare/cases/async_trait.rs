//! A method of an `async_trait`.

use async_trait::async_trait;
use support::{Missing, finish, wait, work};

#[async_trait]
trait Exchange {
    async fn place(&self) -> Result<u64, Missing>;
}

#[derive(Debug)]
struct Closed;

#[async_trait]
impl Exchange for Closed {
    #[attribute]
    async fn place(&self) -> Result<u64, Missing> {
        wait().await;
        work();
        Err(Missing)
    }
}

fn main() {
    support::record(|| assert!(finish(Closed.place()).is_err()));
}
