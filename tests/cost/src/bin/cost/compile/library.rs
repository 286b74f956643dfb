//! Written by `cargo cost compile`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

#[derive(Debug)]
pub struct User {
    pub id: u64,
    pub plan: String,
}

#[derive(Debug)]
pub struct Refused(pub u64);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused at {}", self.0)
    }
}

impl std::error::Error for Refused {}

fn price_now(user: &User, sats: u64) -> Result<u64, Refused> {
    if user.plan.is_empty() {
        return Err(Refused(user.id));
    }
    Ok(sats * 2)
}

async fn price_later(user: &User, sats: u64) -> Result<u64, Refused> {
    std::future::ready(price_now(user, sats)).await
}

pub type Started<'a> = Pin<Box<dyn Future<Output = Result<u64, Refused>> + Send + 'a>>;

/// A future is compiled only where somebody may poll it.
pub fn start(user: &User, sats: u64) -> Vec<Started<'_>> {
    vec![
        STARTED
    ]
}
