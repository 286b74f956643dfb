//! The steady clock every duration is measured with; tests move it by hand.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A steady clock. Cloning gives another handle on the same clock.
///
/// It reads the processor's time stamp counter where that runs evenly, and asks the system elsewhere.
#[derive(Clone)]
pub struct Clock {
    source: quanta::Clock,
    hand: Option<Hand>,
}

/// What moves a manual clock, and the time of day it began at.
#[derive(Clone)]
struct Hand {
    mock: Arc<quanta::Mock>,
    began: SystemTime,
}

/// A moment read from a [`Clock`], and of use with that clock only.
#[derive(Debug, Clone, Copy)]
pub struct Moment(u64);

/// The time of day at a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anchor {
    moment: Moment,
    unix_nanos: u64,
}

impl Default for Clock {
    /// The system's. The first in a process takes up to 200 ms to compare the time stamp counter with the system's clock.
    fn default() -> Self {
        Self {
            source: quanta::Clock::new(),
            hand: None,
        }
    }
}

impl Clock {
    /// A clock that stands still except for [`advance`](Self::advance).
    #[must_use]
    pub fn manual() -> Self {
        let (source, mock) = quanta::Clock::mock();
        let began = SystemTime::now();
        Self {
            source,
            hand: Some(Hand { mock, began }),
        }
    }

    /// Moves a manual clock forward. A system clock cannot be moved: nothing happens.
    pub fn advance(&self, by: Duration) {
        if let Some(hand) = &self.hand {
            hand.mock.increment(by);
        }
    }

    /// The present moment.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment(self.source.raw())
    }

    /// The time of day: a manual clock's goes on from that of its making as it is moved.
    pub(crate) fn time_of_day(&self) -> SystemTime {
        match &self.hand {
            None => SystemTime::now(),
            Some(hand) => hand.began + self.since(Moment(0)),
        }
    }

    /// Time passed since `start`.
    #[must_use]
    pub fn since(&self, start: Moment) -> Duration {
        self.between(start, self.now())
    }

    /// Time passed from `start` to `end`, zero if it ran backwards.
    pub(crate) fn between(&self, start: Moment, end: Moment) -> Duration {
        self.source.delta(start.0, end.0)
    }

    /// Binds the present moment to the time of day, for moments not long ago: the two clocks drift apart.
    pub(crate) fn anchor(&self) -> Anchor {
        Anchor {
            moment: self.now(),
            unix_nanos: unix_nanos(SystemTime::now()),
        }
    }

    /// The time of day at a moment before `anchor`, in nanoseconds since 1970.
    pub(crate) fn unix_nanos(&self, anchor: Anchor, moment: Moment) -> u64 {
        let ago = self.source.delta_as_nanos(moment.0, anchor.moment.0);
        anchor.unix_nanos.saturating_sub(ago)
    }

    /// The time of day at a moment before `anchor`.
    pub(crate) fn time(&self, anchor: Anchor, moment: Moment) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.unix_nanos(anchor, moment))
    }
}

/// Nanoseconds since 1970, as the protocol has times.
pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.hand {
            None => "Clock::System",
            Some(_) => "Clock::Manual",
        })
    }
}
