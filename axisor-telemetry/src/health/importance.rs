//! What a failed check means for the service.

use std::time::Duration;

use super::{Checking, HealthCheck};

/// What a check's failure means for the service.
///
/// | | `healthy`, status of `/health`, `axisor_system_health` | `/readyz` | `axisor_health_check{check}` |
/// |---|---|---|---|
/// | critical | `false`, 503, 0 | 503 | 0 |
/// | degraded | unaffected; the answer also says `"degraded":true` | unaffected | 0 |
/// | optional | unaffected | unaffected | 0 |
///
/// In `checks` each says `"healthy":false` for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Importance {
    /// Without it the service cannot work: it is unhealthy and not ready. Every check unless it says otherwise, as in
    /// the original.
    #[default]
    Critical,
    /// Without it the service works less well, and is better left where requests reach it.
    Degraded,
    /// Only to be seen.
    Optional,
}

/// A check of another importance. Made by [`HealthCheck::degraded`] and [`HealthCheck::optional`].
#[derive(Debug, Clone)]
pub struct Weighed<C> {
    check: C,
    importance: Importance,
}

/// A check with a limit of its own. Made by [`HealthCheck::within`].
#[derive(Debug, Clone)]
pub struct Limited<C> {
    check: C,
    limit: Duration,
}

impl<C> Weighed<C> {
    pub(super) fn new(check: C, importance: Importance) -> Self {
        Self { check, importance }
    }
}

impl<C> Limited<C> {
    pub(super) fn new(check: C, limit: Duration) -> Self {
        Self { check, limit }
    }
}

impl<C: HealthCheck> HealthCheck for Weighed<C> {
    fn check(&self) -> Checking<'_> {
        self.check.check()
    }

    fn importance(&self) -> Importance {
        self.importance
    }

    fn limit(&self) -> Option<Duration> {
        self.check.limit()
    }
}

impl<C: HealthCheck> HealthCheck for Limited<C> {
    fn check(&self) -> Checking<'_> {
        self.check.check()
    }

    fn importance(&self) -> Importance {
        self.check.importance()
    }

    fn limit(&self) -> Option<Duration> {
        Some(self.limit)
    }
}
