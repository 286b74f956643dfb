//! Whose pages may send reports.

use http::{HeaderMap, HeaderValue, Method, Uri, header};
use tower_http::cors::CorsLayer;

use super::BeaconError;

/// The origins that are allowed beside the endpoint's own.
pub(super) struct Origins(Vec<HeaderValue>);

impl Origins {
    pub(super) fn new(given: &[String]) -> Result<Self, BeaconError> {
        let checked = given.iter().map(|given| {
            origin(given).ok_or_else(|| BeaconError::Origin {
                given: given.clone(),
            })
        });
        checked.collect::<Result<_, _>>().map(Self)
    }

    /// Whether a request comes from a page that may send it. No page can change these headers.
    pub(super) fn admit(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let origin = headers.get(header::ORIGIN);
        origin.is_some_and(|origin| self.0.contains(origin)) || is_same_origin(uri, headers)
    }

    /// What answers the browsers that ask first, as they do before they send JSON to another origin.
    pub(super) fn preflights(&self) -> Option<CorsLayer> {
        let layer = || {
            CorsLayer::new()
                .allow_origin(self.0.clone())
                .allow_methods([Method::POST])
                .allow_headers([header::CONTENT_TYPE])
        };
        (!self.0.is_empty()).then(layer)
    }
}

/// A browser's own word, or where it has none (before 2023, or without TLS) the same comparison. A scheme cannot be compared:
/// behind a proxy nobody knows it.
fn is_same_origin(uri: &Uri, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    let host = text(header::HOST).or(uri.authority().map(http::uri::Authority::as_str));
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}

/// `given` as the value of the header, if browsers write an origin so: <https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>.
fn origin(given: &str) -> Option<HeaderValue> {
    let uri: Uri = given.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let usual_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let port = authority.as_str().strip_prefix(authority.host())?;
    let is_usual =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:[]".contains(&byte);
    let is_origin = given == format!("{scheme}://{authority}")
        && authority.as_str().bytes().all(is_usual)
        && (port.is_empty() || authority.port_u16()? != usual_port);
    is_origin.then(|| HeaderValue::from_str(given).ok())?
}
