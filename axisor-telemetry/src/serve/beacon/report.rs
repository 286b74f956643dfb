//! What a browser sends, and why it may be refused.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;

use crate::LabelValue;
use crate::record::Measure;

/// The longest plausible time, in milliseconds: ten minutes.
const LONGEST_TIME: f64 = 600_000.0;
/// The highest plausible layout shift. A single shift is at most 1, and few pages are above 1 in all.
const HIGHEST_SHIFT: f64 = 100.0;

/// A report whose numbers are plausible.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Report<'a> {
    #[serde(borrow)]
    page: Cow<'a, str>,
    measured: BTreeMap<Measure, f64>,
}

/// Why a report is refused: the label `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, LabelValue)]
#[label(crate = crate)]
pub(super) enum Refusal {
    Origin,
    Rate,
    ContentType,
    Size,
    Format,
    Value,
}

impl<'a> Report<'a> {
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Refusal> {
        let report: Self = serde_json::from_slice(body).map_err(|_| Refusal::Format)?;
        if report.measured.is_empty() {
            return Err(Refusal::Format);
        }
        let is_plausible = |(measure, value): (&Measure, &f64)| {
            let most = match measure {
                Measure::Cls => HIGHEST_SHIFT,
                _ => LONGEST_TIME,
            };
            (0.0..=most).contains(value)
        };
        if !report.measured.iter().all(is_plausible) {
            return Err(Refusal::Value);
        }
        Ok(report)
    }

    /// The page's path.
    pub(super) fn page(&self) -> &str {
        &self.page
    }

    /// The numbers as series have them: times in seconds.
    pub(super) fn measured(&self) -> impl Iterator<Item = (Measure, f64)> {
        self.measured
            .iter()
            .map(|(&measure, &value)| match measure {
                Measure::Cls => (measure, value),
                _ => (measure, value / 1_000.0),
            })
    }
}

impl Refusal {
    /// Of a body that could not be read: it is too long, or broke off.
    pub(super) fn of_body(status: StatusCode) -> Self {
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => Self::Size,
            _ => Self::Format,
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Rate => StatusCode::TOO_MANY_REQUESTS,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Size => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Format | Self::Value => StatusCode::BAD_REQUEST,
        }
    }
}
