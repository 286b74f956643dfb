//! What a label value may be.

/// The value that takes the place of a free label past its family's bound of series.
pub const OVERFLOW: &str = "other";

/// The most series a family may have unless the configuration says otherwise.
pub const DEFAULT_SERIES_BOUND: usize = 10_000;

/// The longest label value a literal or constant may have, in bytes.
pub const MAX_LITERAL_LENGTH: usize = 64;
