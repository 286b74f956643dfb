//! A method that returns a borrow of `&mut self` in a `Result`.

use support::Missing;

#[derive(Debug)]
struct Positions(Vec<u64>);

impl Positions {
    #[attribute]
    fn first(&mut self) -> Result<&mut u64, Missing> {
        self.0.first_mut().ok_or(Missing)
    }
}

fn main() {
    support::record(|| assert!(Positions(Vec::new()).first().is_err()));
}
