//! What others read: the Prometheus text format.

mod text;

pub(crate) use text::write;
#[cfg(feature = "testing")]
pub(crate) use text::{number, series};

/// The content type of the text format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
///
/// Prometheus 3 calls a target down that leaves it or its version out.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
