//! Users and the plans they pay for.

use axisor_telemetry::LabelValue;
use serde::{Deserialize, Serialize};

use crate::fate::Fate;

/// How many users there are, numbered from 1.
pub const USERS: u64 = 24;

/// What a user pays for, and what the margin guard may do for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, LabelValue)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// Positions are closed before they are liquidated.
    Free,
    /// Margin is topped up.
    Basic,
    /// Margin is topped up, and a position is made smaller if that comes late.
    Advanced,
    /// As advanced.
    Pro,
}

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// The number.
    pub id: u64,
    /// What the user pays for.
    pub plan: Plan,
}

/// The users, as they stand in every service's copy of the database.
#[derive(Debug, Clone)]
pub struct Users(Vec<User>);

impl Users {
    /// The users that follow from `seed`: every plan occurs.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let user = |id| User {
            id,
            plan: plan(id, seed),
        };
        Self((1..=USERS).map(user).collect())
    }

    /// The user with this number.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&User> {
        self.0.iter().find(|user| user.id == id)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.0.iter()
    }
}

fn plan(id: u64, seed: u64) -> Plan {
    const EVERY: [Plan; 4] = [Plan::Free, Plan::Basic, Plan::Advanced, Plan::Pro];
    match id {
        1 => Plan::Free,
        2 => Plan::Basic,
        3 => Plan::Advanced,
        4 => Plan::Pro,
        _ => EVERY[Fate::new(seed).of("plan", id).usize(..EVERY.len())],
    }
}
