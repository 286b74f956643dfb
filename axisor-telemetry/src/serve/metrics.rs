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
        Ok(text) => page(text, format, accept::gzip(headers)),
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
