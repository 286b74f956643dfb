//! The steady clock every duration is measured with; tests move it by hand.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A steady clock. Cloning gives another handle on the same clock.
#[derive(Clone, Default)]
pub struct Clock(Source);

#[derive(Clone, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<AtomicU64>),
}

/// A moment read from a [`Clock`].
#[derive(Debug, Clone, Copy)]
pub struct Moment(Reading);

#[derive(Debug, Clone, Copy)]
enum Reading {
    System(Instant),
    Manual(u64),
}

impl Clock {
    /// A clock that stands still except for [`advance`](Self::advance).
    #[must_use]
    pub fn manual() -> Self {
        Self(Source::Manual(Arc::default()))
    }

    /// Moves a manual clock forward. A system clock cannot be moved: nothing happens.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(nanoseconds) = &self.0 {
            nanoseconds.fetch_add(saturating_nanoseconds(by), Ordering::Relaxed);
        }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment(match &self.0 {
            Source::System => Reading::System(Instant::now()),
            Source::Manual(nanoseconds) => Reading::Manual(nanoseconds.load(Ordering::Relaxed)),
        })
    }

    /// Time passed since `start`, zero if `start` was read from another kind of clock.
    #[must_use]
    pub fn since(&self, start: Moment) -> Duration {
        match (start.0, self.now().0) {
            (Reading::System(start), Reading::System(now)) => now.saturating_duration_since(start),
            (Reading::Manual(start), Reading::Manual(now)) => {
                Duration::from_nanos(now.saturating_sub(start))
            }
            _ => Duration::ZERO,
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Clock::System",
            Source::Manual(_) => "Clock::Manual",
        })
    }
}

fn saturating_nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
