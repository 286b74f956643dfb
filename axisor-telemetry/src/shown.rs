//! Text made by others' `Display` and `Debug`, which may be endless or panic.

use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::redact;

/// The beginning of what `text` says, more than the redaction keeps; nothing if it panics, since a text nobody can show is
/// no reason to fail a call.
pub(crate) fn shown(text: fmt::Arguments<'_>) -> String {
    let mut beginning = Beginning(String::new());
    match catch_unwind(AssertUnwindSafe(|| beginning.write_fmt(text))) {
        Ok(_) => beginning.0,
        Err(_) => String::new(),
    }
}

struct Beginning(String);

impl fmt::Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() > 16 * redact::MAX_BYTES {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
