//! Methods.
#![deny(warnings, missing_docs, clippy::pedantic)]

use axisor_telemetry::{instrument_automation, track_margin_guard};

/// A position.
#[derive(Debug, Default)]
pub struct Position {
    /// In satoshis.
    pub margin: u64,
    plan: String,
}

/// Why not.
#[derive(Debug)]
pub struct Refused;

impl Position {
    /// No receiver.
    #[instrument_automation(type = "open")]
    #[must_use]
    pub fn open() -> Self {
        Self::default()
    }

    /// By reference.
    #[instrument_automation(type = "read")]
    #[must_use]
    pub fn margin(&self) -> u64 {
        self.margin
    }

    /// A borrow of the receiver comes back.
    ///
    /// # Errors
    /// [`Refused`] for nothing.
    #[track_margin_guard(action = "add_margin", plan = self.plan)]
    pub fn add(&mut self, sats: u64) -> Result<&mut u64, Refused> {
        if sats == 0 {
            return Err(Refused);
        }
        self.margin += sats;
        Ok(&mut self.margin)
    }

    /// The same, async.
    ///
    /// # Errors
    /// [`Refused`] for nothing.
    #[track_margin_guard(action = "add_margin", plan = self.plan)]
    pub async fn add_later(&mut self, sats: u64) -> Result<&mut u64, Refused> {
        std::future::ready(()).await;
        if sats == 0 {
            return Err(Refused);
        }
        self.margin += sats;
        Ok(&mut self.margin)
    }

    /// By value, changed.
    #[instrument_automation(type = "close")]
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.margin = 0;
        self
    }

    /// By value, async.
    #[instrument_automation(type = "close")]
    pub async fn close(self) -> u64 {
        std::future::ready(self).await.margin
    }

    /// A boxed receiver.
    #[instrument_automation(type = "boxed")]
    #[must_use]
    pub fn unbox(self: Box<Self>) -> Self {
        *self
    }

    /// A shared one.
    #[track_margin_guard(action = "shared", plan = self.plan, fields(self.margin))]
    pub async fn shared(self: std::sync::Arc<Self>) -> u64 {
        std::future::ready(()).await;
        self.margin
    }

    /// A future that borrows the receiver.
    #[track_margin_guard(action = "future", plan = self.plan, duration)]
    pub fn future(&mut self) -> impl Future<Output = &mut u64> + Send {
        async move { &mut self.margin }
    }

    /// A constant of a function's, generic in its type.
    #[must_use]
    pub const fn limit() -> u64 {
        1
    }

    /// A pinned one.
    #[instrument_automation(type = "pinned")]
    pub async fn pinned(self: std::pin::Pin<&mut Self>) -> u64 {
        self.margin
    }
}

/// A guard of margins.
pub trait Guard {
    /// Protects.
    fn protect(&mut self, plan: &str) -> bool;

    /// Protects, async.
    fn protect_later(&mut self) -> impl Future<Output = bool> + Send;

    /// With a body of its own.
    #[instrument_automation(type = "default")]
    fn provided(&mut self) -> bool {
        self.protect("free")
    }
}

impl Guard for Position {
    #[track_margin_guard(action = "protect", plan = plan)]
    fn protect(&mut self, plan: &str) -> bool {
        plan == self.plan
    }

    #[instrument_automation(type = "protect")]
    async fn protect_later(&mut self) -> bool {
        std::future::ready(true).await
    }
}

pub(crate) fn main() {
    let mut position = Position::open();
    *position.add(1).unwrap() += 1;
    assert_eq!(position.margin(), 2);
    assert!(!position.protect("pro"));
    assert!(!position.provided());
}
