//! Generics, const generics, lifetimes and opaque types.
#![deny(warnings, missing_docs, clippy::pedantic)]

use std::fmt::Display;

use axisor_telemetry::instrument_automation;

/// Generic.
///
/// # Errors
/// As given.
#[instrument_automation(type = "generic")]
pub fn generic<T: Clone, E>(value: &T, error: Option<E>) -> Result<T, E>
where
    E: Display,
{
    error.map_or_else(|| Ok(value.clone()), Err)
}

/// Generic without bounds.
#[instrument_automation(type = "generic")]
pub async fn any<T>(value: T) -> T {
    value
}

/// Borrowed results, of an error with and without words.
#[instrument_automation(type = "borrowed")]
pub fn borrowed_result<T, E>(result: &Result<T, E>) -> &Result<T, E> {
    result
}

/// The same in words, and boxed.
#[instrument_automation(type = "borrowed", err(Debug))]
#[must_use]
pub fn boxed_result<'a, T, E>(result: &'a mut Result<T, E>) -> Box<&'a mut Result<T, E>>
where
    E: Display + std::fmt::Debug,
{
    Box::new(result)
}

/// What is behind a pointer of any kind.
#[instrument_automation(type = "borrowed")]
pub async fn borrowed_anything<T: ?Sized>(value: &T) -> &T {
    value
}

/// Const generic.
#[instrument_automation(type = "array")]
#[must_use]
pub fn array<const N: usize>(value: u8) -> [u8; N] {
    [value; N]
}

/// Const generic, async.
#[instrument_automation(type = "array")]
pub async fn array_later<const N: usize>(value: u8) -> [u8; N] {
    [value; N]
}

/// A named lifetime.
#[instrument_automation(type = "longest")]
#[must_use]
pub fn longest<'a>(one: &'a str, other: &'a str) -> &'a str {
    if one.len() > other.len() { one } else { other }
}

/// A named lifetime, async.
#[instrument_automation(type = "longest")]
pub async fn longest_later<'a>(one: &'a str, other: &'a str) -> &'a str {
    std::future::ready(()).await;
    if one.len() > other.len() { one } else { other }
}

/// An elided lifetime in a path.
#[instrument_automation(type = "cow")]
#[must_use]
pub fn cow(text: &str) -> std::borrow::Cow<'_, str> {
    text.into()
}

/// An opaque argument and result.
#[instrument_automation(type = "opaque")]
pub fn opaque(values: impl IntoIterator<Item = u8>) -> impl Iterator<Item = u16> {
    values.into_iter().map(u16::from)
}

/// An opaque part of a result, and `?`.
///
/// # Errors
/// If `text` is no number.
#[instrument_automation(type = "opaque")]
pub fn opaque_part(text: &str) -> Result<impl Display + use<>, std::num::ParseIntError> {
    Ok(text.parse::<u8>()? + 1)
}

/// The same, async.
///
/// # Errors
/// If `text` is no number.
#[instrument_automation(type = "opaque")]
pub async fn opaque_part_later(text: &str) -> Result<impl Display, std::num::ParseIntError> {
    std::future::ready(()).await;
    Ok(text.parse::<u8>()? + 1)
}

/// Borrowed, boxed.
#[instrument_automation(type = "boxed")]
#[must_use]
pub fn boxed(texts: &[String]) -> Box<dyn Iterator<Item = &str> + '_> {
    Box::new(texts.iter().map(String::as_str))
}

/// Borrowed, opaque.
#[instrument_automation(type = "opaque")]
pub fn opaque_borrowed(texts: &[String]) -> impl Iterator<Item = &str> + '_ {
    texts.iter().map(String::as_str)
}

/// The same, async.
#[instrument_automation(type = "opaque")]
pub async fn opaque_borrowed_later(texts: &[String]) -> impl Iterator<Item = &str> + '_ {
    texts.iter().map(String::as_str)
}

/// A closure, a function, and what calls one.
#[instrument_automation(type = "closure")]
pub fn closure() -> impl Fn(u8) -> u8 {
    |value| value + 1
}

/// A function of any lifetime.
#[instrument_automation(type = "pointer")]
#[must_use]
pub fn pointer() -> for<'a> fn(&'a str) -> &'a str {
    |text| text
}

/// What calls one of any lifetime.
#[instrument_automation(type = "caller")]
pub fn caller<F>(function: F) -> String
where
    F: for<'a> Fn(&'a str) -> &'a str,
{
    function("a").to_owned()
}

/// What belongs to a type, and to its iterator.
#[instrument_automation(type = "first")]
pub fn first<I>(items: I) -> Option<<I as IntoIterator>::Item>
where
    I: IntoIterator,
{
    items.into_iter().next()
}

/// A generic method of a generic type.
#[derive(Debug)]
pub struct Holder<T>(T);

impl<T: Display + Sync> Holder<T> {
    /// Shows.
    #[instrument_automation(type = "show")]
    pub async fn show<U: Display + Send>(&self, with: U) -> String {
        format!("{}{with}", self.0)
    }
}

/// Labels, rules and fields of generic types.
#[instrument_automation(type = label, ok_if = |left: &Option<T>| left.as_ref().is_some_and(|left| *left != T::default()), fields(?value, N, %label))]
pub async fn labelled<T, const N: usize>(
    value: T,
    label: &(impl axisor_telemetry::LabelValue + Display + ?Sized),
) -> Option<T>
where
    T: Default + PartialEq + std::fmt::Debug,
{
    println!("{label}{N}");
    std::future::ready(Some(value)).await
}

fn send(_: &impl Send) {}

pub(crate) fn main() {
    send(&Holder(1).show(2));
    send(&any(1));
    assert_eq!(generic::<_, String>(&1, None), Ok(1));
    assert_eq!(array::<2>(1), [1, 1]);
    assert_eq!(longest("a", "bc"), "bc");
    assert_eq!(opaque([1]).next(), Some(1));
    assert!(opaque_part("1").is_ok());
    assert_eq!(cow("a"), "a");
}
