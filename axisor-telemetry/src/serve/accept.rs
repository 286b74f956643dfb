//! In which format and which coding a scraper wants the page.

use http::{HeaderMap, HeaderName, header};
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
    let any = |main| weight_of(headers, move |range| range.ty == main && range.subty == ANY);
    let text = weight_of(headers, |range| names(range, (TEXT, PLAIN), "0.0.4"));
    let text = text.or_else(|| any(TEXT)).or_else(|| any(ANY));
    let openmetrics =
        |range: &MediaType<'_>| names(range, (APPLICATION, OPENMETRICS_TEXT), "1.0.0");
    match weight_of(headers, openmetrics) {
        Some(weight) if weight > 0.0 && weight >= text.unwrap_or(0.0) => Format::OpenMetrics,
        _ => Format::Text,
    }
}

/// Whether `range` is this type in this version, which is the one that is written here, or in whichever there is.
fn names(range: &MediaType<'_>, (main, sub): (Name<'_>, Name<'_>), version: &str) -> bool {
    let asked = range.get_param(VERSION);
    range.ty == main
        && range.subty == sub
        && asked.is_none_or(|asked| asked.unquoted_str() == version)
}

/// The highest weight given to what is `wanted`; none if it is not mentioned. What cannot be read is skipped.
fn weight_of(headers: &HeaderMap, wanted: impl Fn(&MediaType<'_>) -> bool) -> Option<f32> {
    texts(headers, header::ACCEPT)
        .flat_map(MediaTypeList::new)
        .flatten()
        .filter(wanted)
        .filter_map(|range| match range.get_param(WEIGHT) {
            Some(given) => weight(&given.unquoted_str()),
            None => Some(1.0),
        })
        .reduce(f32::max)
}

/// Whether gzip is asked for by name, with a weight that is not 0.
pub(super) fn gzip(headers: &HeaderMap) -> bool {
    texts(headers, header::ACCEPT_ENCODING)
        .flat_map(|value| value.split(','))
        .any(is_wanted_gzip)
}

fn is_wanted_gzip(coding: &str) -> bool {
    let mut parts = coding.split(';').map(str::trim);
    let is_gzip = parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
    let given = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("q"));
    is_gzip && given.is_none_or(|(_, given)| weight(given).is_some_and(|weight| weight > 0.0))
}

/// A weight as it is written: <https://www.rfc-editor.org/rfc/rfc9110#section-12.4.2>.
fn weight(given: &str) -> Option<f32> {
    let weight = given.parse().ok()?;
    (0.0..=1.0).contains(&weight).then_some(weight)
}

fn texts(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values.filter_map(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_used_only_where_it_is_asked_for() {
        for (asked, expected) in [
            ("gzip", true),
            ("GZIP", true),
            ("deflate, gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("gzip;Q=0", false),
            ("gzip;Q=0.5", true),
            ("gzip;q=7", false),
            ("gzip;q=much", false),
            ("identity", false),
            ("*", false),
            ("x-gzipped", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(asked));
            assert_eq!(gzip(&headers), expected, "{asked}");
        }
    }
}
