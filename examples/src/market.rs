//! The price of bitcoin, walking at random.

use std::time::Duration;

use fastrand::Rng;

use crate::fate::Fate;

/// The time between two prices.
pub const TICK: Duration = Duration::from_millis(200);

const FIRST_PRICE: f64 = 64_000.0;
/// Where the walk turns around.
const BOUNDS: (f64, f64) = (30_000.0, 120_000.0);
/// The usual relative change per tick: an hour of a lively market in a quarter of a minute.
const VOLATILITY: f64 = 0.004;
/// The most that one execution finds the price off by.
const WICK: f64 = 0.03;

/// A simulated market: the same prices for the same seed.
#[derive(Debug, Clone)]
pub struct Market {
    chance: Rng,
    price: f64,
}

impl Market {
    /// The market that follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            chance: Rng::with_seed(seed),
            price: FIRST_PRICE,
        }
    }

    /// The last price, in dollars per bitcoin.
    #[must_use]
    pub fn price(&self) -> f64 {
        self.price
    }

    /// The price that execution `run` meets: the book is thin.
    #[must_use]
    pub fn met_by(&self, run: u64, fate: Fate) -> f64 {
        let off = fate.of("wick", run).f64() * 2.0 - 1.0;
        self.price * (1.0 + WICK * off)
    }

    /// Goes on to the next price.
    pub fn tick(&mut self) -> f64 {
        let step = 1.0 + VOLATILITY * self.normal();
        self.price = (self.price * step).clamp(BOUNDS.0, BOUNDS.1);
        self.price
    }

    /// About normally distributed, with mean 0 and deviation 1: a sum of twelve dice.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.chance.f64()).sum::<f64>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_moves_stays_within_its_bounds_and_repeats_itself() {
        let mut market = Market::new(42);
        let prices: Vec<f64> = (0..50_000).map(|_| market.tick()).collect();
        let within = |price: &f64| (BOUNDS.0..=BOUNDS.1).contains(price);
        assert!(prices.iter().all(within));
        assert!(prices.windows(2).any(|two| two[0] < two[1]));
        let mut again = Market::new(42);
        assert!(
            prices
                .iter()
                .all(|price| again.tick().to_bits() == price.to_bits())
        );
    }
}
