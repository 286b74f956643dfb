//! `GET /metrics`: in the format the scraper asks for, compressed if it asks for that.

use std::io::{self, Write as _};

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{Exposition, accept};
use crate::exposition::Format;

pub(super) fn answer(exposition: &Exposition, headers: &HeaderMap) -> Response {
    let format = accept::format(headers);
    match exposition(format) {
        Ok(text) => page(text, format, accepts_gzip(headers)),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
        }
    }
}

fn page(text: String, format: Format, gzip: bool) -> Response {
    let mut page = match gzip.then(|| compressed(&text)) {
        Some(Ok(bytes)) => gzipped(bytes),
        Some(Err(_)) | None => Response::new(Body::from(text)),
    };
    let headers = page.headers_mut();
    let content_type = HeaderValue::from_static(format.content_type());
    headers.insert(header::CONTENT_TYPE, content_type);
    let vary = HeaderValue::from_static("accept, accept-encoding");
    headers.insert(header::VARY, vary);
    page
}

fn gzipped(bytes: Vec<u8>) -> Response {
    let mut page = Response::new(Body::from(bytes));
    let gzip = HeaderValue::from_static("gzip");
    page.headers_mut().insert(header::CONTENT_ENCODING, gzip);
    page
}

fn compressed(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

/// Whether gzip is asked for by name, with a weight that is not 0.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    codings
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(is_wanted_gzip)
}

fn is_wanted_gzip(coding: &str) -> bool {
    let mut parts = coding.split(';').map(str::trim);
    let is_gzip = parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
    let weight = parts.find_map(|part| part.strip_prefix("q="));
    is_gzip && weight.is_none_or(|weight| weight.parse().is_ok_and(|weight: f32| weight > 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_only_where_it_is_asked_for() {
        for (asked, expected) in [
            ("gzip", true),
            ("GZIP", true),
            ("deflate, gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("identity", false),
            ("*", false),
            ("x-gzipped", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(asked));
            assert_eq!(accepts_gzip(&headers), expected, "{asked}");
        }
    }
}
