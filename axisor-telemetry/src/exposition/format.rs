//! The formats of an exposition.

/// A format of an exposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Format {
    /// The Prometheus text format 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
    #[default]
    Text,
    /// OpenMetrics 1.0, with exemplars: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.
    OpenMetrics,
}

impl Format {
    /// The content type to answer with.
    ///
    /// Prometheus 3 calls a target down that leaves it or its version out.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}
