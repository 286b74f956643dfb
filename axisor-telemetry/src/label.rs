//! What a label value may be.

use std::borrow::Cow;
use std::sync::Arc;

/// The value that takes the place of a free label past its family's bound of series.
pub const OVERFLOW: &str = "other";

/// The value of a label that is taken from what a call returns, `ret(…)`, where it returned nothing: it panicked, or its
/// future was dropped.
pub const UNKNOWN: &str = "unknown";

/// The longest label value a literal or constant may have, in bytes.
pub const MAX_LITERAL_LENGTH: usize = 64;

/// A value of a label.
///
/// Text is taken as it is, up to the bound of its family's series. An enum whose variants have fixed names is the
/// better choice, since its series are known beforehand; its labels are derived:
/// ```
/// use axisor_telemetry::LabelValue;
///
/// #[derive(LabelValue)]
/// enum Plan {
///     Free,
///     Pro,
/// }
///
/// assert_eq!(Plan::Free.label(), "free");
/// ```
/// By hand, for what is no enum:
/// ```
/// use std::borrow::Cow;
/// use axisor_telemetry::LabelValue;
///
/// struct Leverage(u8);
///
/// impl LabelValue for Leverage {
///     fn label(&self) -> Cow<'_, str> {
///         Cow::Borrowed(if self.0 > 10 { "high" } else { "low" })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no label value",
    label = "expected text or a type with `LabelValue`",
    note = "write `#[derive(LabelValue)]` on an enum, implement it by hand for another type, or give text: `value.as_str()`"
)]
pub trait LabelValue {
    /// The text of this value.
    fn label(&self) -> Cow<'_, str>;

    /// The text of this value if it is one of a closed set that stands in the code, such as an enum's; `None` unless
    /// implemented. Such values keep their own series past the bound, and cost no allocation. A text is none, be it a
    /// literal: as a value, it cannot be told from one that was made up.
    fn known(&self) -> Option<&'static str> {
        None
    }
}

/// The text of `value` for longer than the value lives: borrowed if it is one of a closed set.
pub(crate) fn kept(value: &(impl LabelValue + ?Sized)) -> Cow<'static, str> {
    match value.known() {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(value.label().into_owned()),
    }
}

impl LabelValue for str {
    fn label(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl LabelValue for String {
    fn label(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl LabelValue for bool {
    fn label(&self) -> Cow<'_, str> {
        Cow::Borrowed(if *self { "true" } else { "false" })
    }

    fn known(&self) -> Option<&'static str> {
        Some(if *self { "true" } else { "false" })
    }
}

impl<T: LabelValue + ToOwned + ?Sized> LabelValue for Cow<'_, T> {
    fn label(&self) -> Cow<'_, str> {
        T::label(self)
    }

    fn known(&self) -> Option<&'static str> {
        T::known(self)
    }
}

impl<T: LabelValue + ?Sized> LabelValue for &T {
    fn label(&self) -> Cow<'_, str> {
        T::label(self)
    }

    fn known(&self) -> Option<&'static str> {
        T::known(self)
    }
}

impl<T: LabelValue + ?Sized> LabelValue for &mut T {
    fn label(&self) -> Cow<'_, str> {
        T::label(self)
    }

    fn known(&self) -> Option<&'static str> {
        T::known(self)
    }
}

impl<T: LabelValue + ?Sized> LabelValue for Box<T> {
    fn label(&self) -> Cow<'_, str> {
        T::label(self)
    }

    fn known(&self) -> Option<&'static str> {
        T::known(self)
    }
}

impl<T: LabelValue + ?Sized> LabelValue for Arc<T> {
    fn label(&self) -> Cow<'_, str> {
        T::label(self)
    }

    fn known(&self) -> Option<&'static str> {
        T::known(self)
    }
}

/// `text` if it may be the label value of a literal or constant: 1 to [`MAX_LITERAL_LENGTH`] bytes, each a letter,
/// a digit or one of `_.:/-`.
///
/// # Panics
/// Otherwise, which the attributes make an error of the compiler.
#[must_use]
#[track_caller] // the compiler's error is about the attribute and shows nothing of this function
pub const fn checked(text: &'static str) -> &'static str {
    let bytes = text.as_bytes();
    assert!(!bytes.is_empty(), "the label value is empty");
    assert!(
        bytes.len() <= MAX_LITERAL_LENGTH,
        "the label value is longer than 64 bytes"
    );
    let mut index = 0;
    while index < bytes.len() {
        assert!(
            is_label_byte(bytes[index]),
            "the label value has a character other than letters, digits and `_.:/-`"
        );
        index += 1;
    }
    text
}

const fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'/' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_of_64_bytes_is_taken_and_one_of_65_refused() {
        let longest: &'static str = "a".repeat(MAX_LITERAL_LENGTH).leak();
        assert_eq!(checked(longest), longest);
        let too_long: &'static str = "a".repeat(MAX_LITERAL_LENGTH + 1).leak();
        assert!(std::panic::catch_unwind(|| checked(too_long)).is_err());
    }

    #[test]
    fn a_constant_with_a_quote_a_space_or_nothing_is_refused() {
        for text in ["", "a b", "a\"b", "ä"] {
            assert!(std::panic::catch_unwind(|| checked(text)).is_err());
        }
    }
}
