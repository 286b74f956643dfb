//! Leveraged positions in bitcoin: sized in dollars, margin in satoshis, as on LN Markets.

use serde::{Deserialize, Serialize};

use crate::fate::Fate;
use crate::users::{Plan, User, Users};

const SATS_PER_BITCOIN: f64 = 100_000_000.0;

/// Which way a position bets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Wins as the price rises.
    Long,
    /// Wins as it falls.
    Short,
}

/// One user's position.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Position {
    /// The number; each user has the one with the user's own number.
    pub id: u64,
    /// Whose it is.
    pub user_id: u64,
    /// Which way it bets.
    pub side: Side,
    /// The price it was opened at, in dollars per bitcoin.
    pub entry_price: f64,
    /// How much is bet, in dollars.
    pub quantity: f64,
    /// The bet over the margin when it was opened.
    pub leverage: f64,
    /// What is left to lose, in satoshis, before profit or loss.
    pub margin_sats: f64,
}

impl Position {
    /// Opens the position of `user` that follows from `seed`, at `price`.
    #[must_use]
    pub fn open(user: &User, price: f64, seed: u64) -> Self {
        let mut chance = Fate::new(seed).of("position", user.id);
        let side = if chance.bool() {
            Side::Long
        } else {
            Side::Short
        };
        let leverage = match user.plan {
            Plan::Free => chance.u32(50..=100),
            Plan::Basic | Plan::Advanced | Plan::Pro => chance.u32(10..=50),
        };
        let position = Self {
            id: user.id,
            user_id: user.id,
            side,
            entry_price: price,
            quantity: f64::from(chance.u32(1..=50)) * 100.0,
            leverage: f64::from(leverage),
            margin_sats: 0.0,
        };
        position.reopened(price)
    }

    /// The same bet, opened anew at `price` with fresh margin.
    #[must_use]
    pub fn reopened(&self, price: f64) -> Self {
        Self {
            entry_price: price,
            margin_sats: self.quantity * sats_per_dollar(price) / self.leverage,
            ..self.clone()
        }
    }

    /// Profit, or loss below 0, in satoshis.
    #[must_use]
    pub fn profit_sats(&self, price: f64) -> f64 {
        let gain = self.quantity * (sats_per_dollar(self.entry_price) - sats_per_dollar(price));
        match self.side {
            Side::Long => gain,
            Side::Short => -gain,
        }
    }

    /// The margin this position was opened with, at today's price, in satoshis.
    #[must_use]
    pub fn full_margin_sats(&self, price: f64) -> f64 {
        self.quantity * sats_per_dollar(price) / self.leverage
    }

    /// How much of its full margin is left: 1 when opened, 0 when liquidated.
    #[must_use]
    pub fn margin_left(&self, price: f64) -> f64 {
        (self.margin_sats + self.profit_sats(price)) / self.full_margin_sats(price)
    }
}

/// The first positions of all users.
#[must_use]
pub fn opened(users: &Users, price: f64, seed: u64) -> Vec<Position> {
    users
        .iter()
        .map(|user| Position::open(user, price, seed))
        .collect()
}

fn sats_per_dollar(price: f64) -> f64 {
    SATS_PER_BITCOIN / price
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(side: Side) -> Position {
        let position = Position {
            id: 1,
            user_id: 1,
            side,
            entry_price: 0.0,
            quantity: 1_000.0,
            leverage: 20.0,
            margin_sats: 0.0,
        };
        position.reopened(50_000.0)
    }

    #[test]
    fn a_long_position_wins_as_the_price_rises_and_a_short_one_loses() {
        assert!(position(Side::Long).profit_sats(51_000.0) > 0.0);
        assert!(position(Side::Short).profit_sats(51_000.0) < 0.0);
    }

    #[test]
    fn twentyfold_leverage_is_used_up_as_bitcoin_costs_one_twentieth_more_per_dollar() {
        let position = position(Side::Long);
        assert!((position.margin_left(50_000.0) - 1.0).abs() < 1e-9);
        assert!(position.margin_left(50_000.0 / 1.05).abs() < 1e-9);
    }
}
