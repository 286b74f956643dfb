//! How much is measured.

/// How many calls, tries and rounds a measurement takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Rounds of calls in the shorter run under callgrind.
    pub(crate) short: u64,
    /// Rounds of calls in the longer one, and while allocations are counted.
    pub(crate) long: u64,
    /// How often a case with threads of its own is counted.
    pub(crate) tries: usize,
    /// How often wall time is taken of each case in turn.
    pub(crate) turns: usize,
    /// How many calls a turn makes on each thread.
    pub(crate) calls: u64,
}

impl Effort {
    pub(crate) const FULL: Self = Self {
        short: 4,
        long: 24,
        tries: 3,
        turns: 41,
        calls: 20_480,
    };
    pub(crate) const SMOKE: Self = Self {
        short: 2,
        long: 8,
        tries: 1,
        turns: 5,
        calls: 5_120,
    };
}
