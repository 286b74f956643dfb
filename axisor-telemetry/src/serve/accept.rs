//! Which format a scraper asks for.

use http::{HeaderMap, header};
use mediatype::names::{APPLICATION, PLAIN, TEXT};
use mediatype::{MediaType, MediaTypeList, Name, ReadParams as _};

use crate::exposition::Format;

const ANY: Name<'_> = Name::new_unchecked("*");
const OPENMETRICS_TEXT: Name<'_> = Name::new_unchecked("openmetrics-text");
const VERSION: Name<'_> = Name::new_unchecked("version");
const WEIGHT: Name<'_> = Name::new_unchecked("q");

/// OpenMetrics for those who name it and like it no less than text, and text for everybody else: there is no 406.
///
/// Of what is meant for text the most specific counts: <https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1>.
pub(super) fn format(headers: &HeaderMap) -> Format {
    let named = |main, sub| weight(headers, move |range| range.ty == main && range.subty == sub);
    let text = named(TEXT, PLAIN)
        .or_else(|| named(TEXT, ANY))
        .or_else(|| named(ANY, ANY));
    match weight(headers, is_openmetrics) {
        Some(weight) if weight > 0.0 && weight >= text.unwrap_or(0.0) => Format::OpenMetrics,
        _ => Format::Text,
    }
}

/// Whether it is the version that is written here, or whichever there is.
fn is_openmetrics(range: &MediaType<'_>) -> bool {
    let version = range.get_param(VERSION);
    range.ty == APPLICATION
        && range.subty == OPENMETRICS_TEXT
        && version.is_none_or(|version| version.unquoted_str() == "1.0.0")
}

/// The highest weight given to what is `wanted`; none if it is not mentioned. What cannot be read is skipped.
fn weight(headers: &HeaderMap, wanted: impl Fn(&MediaType<'_>) -> bool) -> Option<f32> {
    let values = headers.get_all(header::ACCEPT).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(MediaTypeList::new)
        .flatten()
        .filter(wanted)
        .filter_map(|range| match range.get_param(WEIGHT) {
            Some(weight) => weight.unquoted_str().parse().ok(),
            None => Some(1.0),
        })
        .filter(|weight| (0.0..=1.0).contains(weight))
        .reduce(f32::max)
}
