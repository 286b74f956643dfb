//! The margin guard: what is done about a position that loses, and doing it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axisor_telemetry::track_margin_guard;
use serde::{Deserialize, Serialize};

use crate::fate::Fate;
use crate::positions::Position;
use crate::users::{Plan, User};

/// What a position needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing.
    Safe,
    /// Its margin made full again.
    AddMargin,
    /// Half of it closed.
    ReducePosition,
    /// All of it closed, before it is liquidated.
    ClosePosition,
}

/// Below this much of its full margin a position is topped up.
const TOP_UP_BELOW: f64 = 0.75;
/// Below this a top-up alone comes too late.
const REDUCE_BELOW: f64 = 0.35;
/// Below this it is closed.
const CLOSE_BELOW: f64 = 0.15;

/// What `position` of a user with `plan` needs at `price`.
#[must_use]
pub fn assess(position: &Position, plan: Plan, price: f64) -> Verdict {
    let left = position.margin_left(price);
    match plan {
        _ if left < CLOSE_BELOW => Verdict::ClosePosition,
        Plan::Free => Verdict::Safe,
        Plan::Advanced | Plan::Pro if left < REDUCE_BELOW => Verdict::ReducePosition,
        _ if left < TOP_UP_BELOW => Verdict::AddMargin,
        _ => Verdict::Safe,
    }
}

/// Why an action was not taken.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// There is no such position.
    #[error("position {position} does not exist")]
    NoSuchPosition {
        /// The number given.
        position: u64,
    },
    /// The user has not got the margin.
    #[error("wallet of user {user} holds less than the {sats:.0} sats needed")]
    InsufficientBalance {
        /// Whose wallet.
        user: u64,
        /// What was needed.
        sats: f64,
    },
    /// The exchange did not take the order.
    #[error("exchange refused the order for position {position}")]
    OrderRefused {
        /// For which position.
        position: u64,
    },
}

/// The open positions, and acting on them.
#[derive(Debug)]
pub struct Desk {
    positions: Mutex<Vec<Position>>,
    fate: Fate,
}

impl Desk {
    /// A desk with these open positions.
    #[must_use]
    pub fn new(positions: Vec<Position>, fate: Fate) -> Self {
        Self {
            positions: Mutex::new(positions),
            fate,
        }
    }

    /// The position as it stands.
    ///
    /// # Errors
    /// [`GuardError::NoSuchPosition`].
    pub fn position(&self, id: u64) -> Result<Position, GuardError> {
        let found = self
            .lock()
            .iter()
            .find(|position| position.id == id)
            .cloned();
        found.ok_or(GuardError::NoSuchPosition { position: id })
    }

    /// All of them as they stand.
    #[must_use]
    pub fn positions(&self) -> Vec<Position> {
        self.lock().clone()
    }

    /// Does what `verdict` says.
    ///
    /// # Errors
    /// [`GuardError`] if it was not done.
    pub async fn act(
        &self,
        verdict: Verdict,
        user: &User,
        at: Situation,
    ) -> Result<(), GuardError> {
        match verdict {
            Verdict::Safe => Ok(()),
            Verdict::AddMargin => self.add_margin(user, at).await,
            Verdict::ReducePosition => self.reduce_position(user, at).await,
            Verdict::ClosePosition => self.close_position(user, at).await,
        }
    }

    #[track_margin_guard(action = "add_margin", plan = user.plan, duration, capture)]
    async fn add_margin(&self, user: &User, at: Situation) -> Result<(), GuardError> {
        self.fate.pause(3..15, "wallet", at.run).await;
        let position = self.position(at.position)?;
        let sats = position.full_margin_sats(at.price) * (1.0 - position.margin_left(at.price));
        if self.fate.one_in(9, "empty wallet", at.run) {
            let user = user.id;
            return Err(GuardError::InsufficientBalance { user, sats });
        }
        self.change(at.position, |position| position.margin_sats += sats)
    }

    #[track_margin_guard(action = "reduce_position", plan = user.plan, duration, capture)]
    async fn reduce_position(&self, user: &User, at: Situation) -> Result<(), GuardError> {
        self.order(user, at).await?;
        self.change(at.position, |position| position.quantity /= 2.0)
    }

    #[track_margin_guard(action = "close_position", plan = user.plan, duration, capture)]
    async fn close_position(&self, user: &User, at: Situation) -> Result<(), GuardError> {
        self.order(user, at).await?;
        self.change(at.position, |position| {
            *position = position.reopened(at.price);
        })
    }

    /// Places an order at the simulated exchange.
    async fn order(&self, user: &User, at: Situation) -> Result<(), GuardError> {
        self.fate.pause(10..40, "order", at.run).await;
        tracing::debug!(user = user.id, position = at.position, "order placed");
        if self.fate.one_in(12, "order", at.run) {
            return Err(GuardError::OrderRefused {
                position: at.position,
            });
        }
        Ok(())
    }

    fn change(&self, id: u64, change: impl FnOnce(&mut Position)) -> Result<(), GuardError> {
        let mut positions = self.lock();
        let position = positions.iter_mut().find(|position| position.id == id);
        change(position.ok_or(GuardError::NoSuchPosition { position: id })?);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Position>> {
        self.positions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an action goes by.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// The position acted on.
    pub position: u64,
    /// The price it was assessed at.
    pub price: f64,
    /// The number of the automation's execution.
    pub run: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::Users;

    fn losing(share: f64) -> (Position, f64) {
        let users = Users::new(1);
        let user = users.get(2).expect("the second user");
        let mut position = Position::open(user, 50_000.0, 1);
        position.margin_sats *= share;
        (position, 50_000.0)
    }

    #[test]
    fn what_is_done_depends_on_the_loss_and_the_plan() {
        for (left, plan, expected) in [
            (1.0, Plan::Pro, Verdict::Safe),
            (0.5, Plan::Free, Verdict::Safe),
            (0.5, Plan::Basic, Verdict::AddMargin),
            (0.3, Plan::Basic, Verdict::AddMargin),
            (0.3, Plan::Pro, Verdict::ReducePosition),
            (0.1, Plan::Free, Verdict::ClosePosition),
            (0.1, Plan::Pro, Verdict::ClosePosition),
        ] {
            let (position, price) = losing(left);
            assert_eq!(assess(&position, plan, price), expected, "{left} {plan:?}");
        }
    }
}
