//! How many reports are taken.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as GovernorsClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::clock::{Clock, Moment};

/// Unless told otherwise: eight million page loads a day from each process of the service.
pub(super) const DEFAULT: NonZeroU32 = NonZeroU32::new(100).unwrap();

/// A bucket of a second's reports that fills up again evenly. It is one number, whoever sends.
pub(super) struct Rate(RateLimiter<NotKeyed, InMemoryState, Steady, NoOpMiddleware<Duration>>);

/// The telemetry's clock, as the time since this began.
#[derive(Clone)]
struct Steady {
    clock: Clock,
    start: Moment,
}

impl Rate {
    pub(super) fn new(per_second: NonZeroU32, clock: Clock) -> Self {
        let start = clock.now();
        let quota = Quota::per_second(per_second);
        let limiter = RateLimiter::new(quota, InMemoryState::default(), Steady { clock, start });
        Self(limiter)
    }

    /// Whether one more may come now.
    pub(super) fn admit(&self) -> bool {
        self.0.check().is_ok()
    }
}

impl GovernorsClock for Steady {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.clock.since(self.start)
    }
}
