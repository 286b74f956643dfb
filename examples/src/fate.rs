//! What goes wrong, and what takes long: the same for the same seed, whatever the order of requests.

use std::ops::Range;
use std::time::Duration;

use fastrand::Rng;

/// So many calls of a simulated dependency are slow: one in this number.
const SLOW_ONE_IN: u64 = 40;
/// How much longer a slow call takes.
const SLOWNESS: u32 = 30;

/// Decides about each numbered event by its name, its number and the seed alone.
#[derive(Debug, Clone, Copy)]
pub struct Fate {
    seed: u64,
    calm: bool,
}

impl Fate {
    /// The fate that follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, calm: false }
    }

    /// The same, in which nothing goes wrong and nothing takes long by itself.
    #[must_use]
    pub fn calm(seed: u64) -> Self {
        Self { seed, calm: true }
    }

    /// Chance for event `number` of the kind `what`.
    #[must_use]
    pub fn of(self, what: &str, number: u64) -> Rng {
        let mixed = what
            .bytes()
            .fold(self.seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Rng::with_seed(mixed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// Whether event `number` is one of those that happen once in `n`.
    #[must_use]
    pub fn one_in(self, n: u64, what: &str, number: u64) -> bool {
        !self.calm && self.of(what, number).u64(0..n) == 0
    }

    /// Takes as long as a dependency would: usually within `usual` milliseconds, now and then thirty times that.
    pub async fn pause(self, usual: Range<u64>, what: &str, number: u64) {
        let mut chance = self.of(what, number);
        let usual = Duration::from_millis(chance.u64(usual));
        let slow = !self.calm && chance.u64(0..SLOW_ONE_IN) == 0;
        tokio::time::sleep(if slow { usual * SLOWNESS } else { usual }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_decides_the_same_whatever_was_asked_before() {
        let once = Fate::new(7).of("payment", 3).u64(..);
        let _ = Fate::new(7).of("payment", 2).u64(..);
        assert_eq!(Fate::new(7).of("payment", 3).u64(..), once);
        assert_ne!(Fate::new(8).of("payment", 3).u64(..), once);
        assert_ne!(Fate::new(7).of("exchange", 3).u64(..), once);
    }

    #[test]
    fn one_in_ten_happens_about_once_in_ten() {
        let happened = (0..10_000).filter(|number| Fate::new(1).one_in(10, "x", *number));
        assert!((800..1200).contains(&happened.count()));
    }

    #[test]
    fn in_a_calm_fate_nothing_happens() {
        assert!(!(0..10_000).any(|number| Fate::calm(1).one_in(2, "x", number)));
    }
}
