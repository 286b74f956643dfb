//! A function that returns a stream.

use futures_util::stream::{self, Stream, StreamExt as _};
use support::{Missing, finish, work};

#[attribute]
fn prices() -> impl Stream<Item = Result<u64, Missing>> {
    stream::iter([1, 2]).map(|_| {
        work();
        Err(Missing)
    })
}

fn main() {
    support::record(|| assert_eq!(finish(prices().count()), 2));
}
