//! Text made by others' `Display` and `Debug`, which may be endless, panic or tell a secret.

use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::redact;

/// The most bytes of a text that is kept as it is, and the most that are made of one to be redacted.
const MAX_BYTES: usize = 16 * redact::MAX_BYTES;

/// What `text` says without what must not leave the process; nothing if it panics, since a text nobody can show is no
/// reason to fail a call.
pub(crate) fn redacted(text: fmt::Arguments<'_>) -> String {
    redact::text(&shown(text)).into_owned()
}

/// The beginning of a text, at most [`MAX_BYTES`].
pub(crate) fn bounded(text: &str) -> &str {
    &text[..redact::boundary(text, MAX_BYTES)]
}

/// The beginning of a text that others chose, as attributes of requests keep it: at most 1024 bytes.
pub(crate) fn short(text: &str) -> &str {
    &text[..redact::boundary(text, redact::MAX_BYTES)]
}

/// The beginning of what `text` says, more than the redaction keeps.
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
        let fits = redact::boundary(text, MAX_BYTES - self.0.len());
        self.0.push_str(&text[..fits]);
        if fits == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_text_of_any_length_only_the_beginning_is_copied() {
        for (before, unit) in [("", "x"), ("x", "ü"), ("", "€")] {
            let text = unit.repeat(5_000_000 / unit.len());
            let shown = shown(format_args!("{before}{text}{text}"));
            assert!(shown.capacity() <= 2 * MAX_BYTES, "{}", shown.capacity());
            assert!(shown.len() > MAX_BYTES - unit.len() && shown.len() <= MAX_BYTES);
        }
    }

    #[test]
    fn a_text_that_never_ends_is_ended() {
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("and so on ")?;
                }
            }
        }
        assert_eq!(shown(format_args!("{Endless}")).len(), MAX_BYTES);
    }
}
