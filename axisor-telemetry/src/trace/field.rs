//! Values of a span's own attributes.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::Value;

use crate::shown::bounded;

/// What `fields` of the attributes takes: a number, a truth value or text, which becomes an attribute of the span.
///
/// `None` leaves the attribute out. Anything else is written with `%` (its `Display`) or `?` (its `Debug`) before it.
/// Text is recorded as it is, its first 16 KiB.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value of a span's attribute",
    label = "expected a number, a `bool` or text",
    note = "write `%` before it to take its `Display`, or `?` to take its `Debug`"
)]
pub trait FieldValue {
    /// The value of the attribute, `None` if there is none.
    fn value(&self) -> Option<Value>;
}

macro_rules! numbers {
    ($($number:ty => $kind:ident),*) => {$(
        impl FieldValue for $number {
            fn value(&self) -> Option<Value> {
                Some(Value::$kind((*self).into()))
            }
        }
    )*};
}

numbers!(i8 => I64, i16 => I64, i32 => I64, i64 => I64, u8 => I64, u16 => I64, u32 => I64, f32 => F64, f64 => F64, bool => Bool);

/// Attributes know no unsigned and no longer numbers: what does not fit becomes text.
macro_rules! wide_numbers {
    ($($number:ty),*) => {$(
        impl FieldValue for $number {
            fn value(&self) -> Option<Value> {
                let narrow = i64::try_from(*self).map(Value::I64);
                Some(narrow.unwrap_or_else(|_| self.to_string().into()))
            }
        }
    )*};
}

wide_numbers!(u64, usize, isize, u128, i128);

impl FieldValue for str {
    fn value(&self) -> Option<Value> {
        Some(bounded(self).to_owned().into())
    }
}

impl FieldValue for String {
    fn value(&self) -> Option<Value> {
        self.as_str().value()
    }
}

impl FieldValue for Cow<'_, str> {
    fn value(&self) -> Option<Value> {
        (**self).value()
    }
}

impl<T: FieldValue> FieldValue for Option<T> {
    fn value(&self) -> Option<Value> {
        self.as_ref()?.value()
    }
}

impl<T: FieldValue + ?Sized> FieldValue for &T {
    fn value(&self) -> Option<Value> {
        T::value(self)
    }
}

impl<T: FieldValue + ?Sized> FieldValue for &mut T {
    fn value(&self) -> Option<Value> {
        T::value(self)
    }
}

impl<T: FieldValue + ?Sized> FieldValue for Box<T> {
    fn value(&self) -> Option<Value> {
        T::value(self)
    }
}

impl<T: FieldValue + ?Sized> FieldValue for Arc<T> {
    fn value(&self) -> Option<Value> {
        T::value(self)
    }
}
