//! The margin guard: what is done about a position that loses, and doing it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axisor_telemetry::track_margin_guard;
use serde::{Deserialize, Serialize};

use crate::outside::{Node, Order};
use crate::peer::{CallError, Peer};
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
/// No position is made smaller than this, in dollars.
const SMALLEST: f64 = 50.0;

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
    /// The node did not do its work.
    #[error("the node did not say whether user {user} paid")]
    NotPaid {
        /// Whose payment.
        user: u64,
        /// What the node said.
        source: tonic::Status,
    },
    /// The exchange did not take the order.
    #[error("exchange refused the order for position {position}")]
    OrderRefused {
        /// For which position.
        position: u64,
        /// What it answered.
        source: CallError,
    },
}

/// The open positions, and acting on them.
#[derive(Debug)]
pub struct Desk {
    positions: Mutex<Vec<Position>>,
    exchange: Peer,
    node: Node,
}

impl Desk {
    /// A desk with these open positions at `exchange`, paid for by `node`.
    #[must_use]
    pub fn new(positions: Vec<Position>, exchange: Peer, node: Node) -> Self {
        Self {
            positions: Mutex::new(positions),
            exchange,
            node,
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
        let position = self.position(at.position)?;
        let sats = position.full_margin_sats(at.price) * (1.0 - position.margin_left(at.price));
        self.pay(user, sats, at).await?;
        self.order("/v2/futures/add-margin", at).await?;
        self.change(at.position, |position| {
            *position = position.reopened(at.market);
        })
    }

    #[track_margin_guard(action = "reduce_position", plan = user.plan, duration, capture)]
    async fn reduce_position(&self, user: &User, at: Situation) -> Result<(), GuardError> {
        self.order("/v2/futures/cash-in", at).await?;
        self.change(at.position, |position| {
            position.quantity = (position.quantity / 2.0).max(SMALLEST);
            *position = position.reopened(at.market);
        })
    }

    #[track_margin_guard(action = "close_position", plan = user.plan, duration, capture)]
    async fn close_position(&self, user: &User, at: Situation) -> Result<(), GuardError> {
        self.order("/v2/futures/close", at).await?;
        self.change(at.position, |position| {
            *position = position.reopened(at.market);
        })
    }

    /// Has the user's wallet pay for margin.
    async fn pay(&self, user: &User, sats: f64, at: Situation) -> Result<(), GuardError> {
        let user = user.id;
        let invoice = format!("margin-{}", at.run);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a margin is far below 2^63 satoshis"
        )]
        let paid = self.node.pay(invoice, sats.ceil() as i64).await;
        match paid {
            Ok(true) => Ok(()),
            Ok(false) => Err(GuardError::InsufficientBalance { user, sats }),
            Err(source) => Err(GuardError::NotPaid { user, source }),
        }
    }

    /// Has the exchange do something to the position.
    async fn order(&self, route: &str, at: Situation) -> Result<(), GuardError> {
        let Situation { position, run, .. } = at;
        tracing::debug!(position, route, "order placed");
        let order = Order { position, run };
        let taken = self.exchange.post::<Order>(route, &[], &order).await;
        taken
            .map(drop)
            .map_err(|source| GuardError::OrderRefused { position, source })
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
    /// The price that what is done about it is settled at.
    pub market: f64,
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
