//! A function that returns an `impl Trait`.

#[attribute]
fn sizes(sats: u64) -> impl Iterator<Item = u64> {
    (0..sats).map(|size| size * 2)
}

fn main() {
    support::record(|| assert_eq!(sizes(3).sum::<u64>(), 6));
}
