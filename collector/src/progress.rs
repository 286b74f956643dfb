//! What a user sees while something takes minutes.

use std::fmt::Display;
use std::io::{self, Write};

/// Where builds tell how far they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    /// Lines on standard error, past the test harness's capture: the first run takes minutes.
    #[default]
    Stderr,
    /// Nowhere.
    Silent,
}

impl Progress {
    pub(crate) fn say(self, line: impl Display) {
        if self == Progress::Stderr {
            // Nobody is left to be told that standard error is closed.
            let _ = writeln!(io::stderr(), "stack: {line}");
        }
    }
}
