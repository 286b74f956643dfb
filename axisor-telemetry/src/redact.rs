//! What never leaves.

use std::fmt::Display;

/// The text of an error as it may leave.
pub(crate) fn text(error: &dyn Display) -> String {
    error.to_string()
}
