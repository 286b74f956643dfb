//! What browsers measure of a page: its load and the web vitals.

use std::borrow::Cow;

use serde::Deserialize;

use crate::LabelValue;
use crate::instruments::Instruments;

/// A page by its pattern, one of those the service declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page(pub(crate) &'static str);

/// One of the numbers: the label `vital`, but of the load and the layout shift, which have a series of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, LabelValue)]
#[label(crate = crate)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Measure {
    /// From the navigation's start to the end of the `load` event.
    Load,
    /// Time to first byte.
    Ttfb,
    /// First contentful paint.
    Fcp,
    /// Largest contentful paint.
    Lcp,
    /// Interaction to next paint.
    Inp,
    /// Cumulative layout shift: a score.
    Cls,
}

impl Measure {
    /// Records `value`, in seconds unless it is a score.
    pub(crate) fn record(self, instruments: &Instruments, page: Page, value: f64) {
        let series = match self {
            Self::Load => instruments.page_load_duration.of([&page]),
            Self::Cls => instruments.layout_shift_score.of([&page]),
            vital => instruments.web_vital_duration.of([&page, &vital]),
        };
        series.record(value);
    }
}

impl LabelValue for Page {
    fn label(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }

    fn known(&self) -> Option<&'static str> {
        Some(self.0)
    }
}
