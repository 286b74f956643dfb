//! What an attribute says of its function.

use opentelemetry::trace::SpanKind;
use tracing::Level;

use crate::outcome::Outcome;
use crate::record::Recorder;
use crate::trace::Code;

/// What is the same for every call of one annotated function.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what an attribute says is often yes or no"
)]
pub struct Spec {
    /// What its calls are recorded as.
    pub recorder: Recorder,
    /// The label values that are the same for every call; empty where they are not.
    pub labels: [&'static str; 2],
    /// Whether all label values are.
    pub fixed: bool,
    /// The span's name.
    pub name: &'static str,
    /// The span's kind.
    pub kind: SpanKind,
    /// Whether there is a span is decided by these two.
    pub level: Level,
    /// As of `tracing`: the module unless said otherwise.
    pub target: &'static str,
    /// Where the function stands, if there is one.
    pub code: Option<Code>,
    /// Whether the span's parent is one that is named, and not the current span.
    pub names_parent: bool,
    /// How a cancelled call counts.
    pub on_cancel: OnCancel,
    /// Which calls a margin guard counts.
    pub count: Count,
    /// The upper bounds of the duration series, `None` if there is none.
    pub duration: Option<&'static [f64]>,
    /// Whether calls under way are counted.
    pub in_flight: bool,
    /// Whether each call that fails or panics is told to those who look at failures one by one, such as Sentry.
    pub capture: bool,
}

/// How a call counts whose future was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCancel {
    /// As a failure.
    Failure,
    /// Not at all.
    Skip,
}

/// Which calls a margin guard counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Those that succeeded: an action that failed was not taken.
    Success,
    /// Every one.
    Always,
}

impl Spec {
    /// What holds where the attribute says no more.
    #[must_use]
    pub const fn new(
        recorder: Recorder,
        name: &'static str,
        target: &'static str,
        code: Code,
    ) -> Self {
        Self {
            code: Some(code),
            ..Self::without_function(recorder, name, target)
        }
    }

    /// The same of calls that are no annotated function.
    pub(crate) const fn without_function(
        recorder: Recorder,
        name: &'static str,
        target: &'static str,
    ) -> Self {
        Self {
            recorder,
            labels: [""; 2],
            fixed: false,
            name,
            kind: SpanKind::Internal,
            level: Level::INFO,
            target,
            code: None,
            names_parent: false,
            on_cancel: OnCancel::Failure,
            count: Count::Success,
            duration: None,
            in_flight: false,
            capture: false,
        }
    }

    /// Whether calls with this outcome are counted.
    #[inline]
    pub(super) fn counts(&self, outcome: Outcome) -> bool {
        match self.recorder {
            Recorder::MarginGuard => self.count == Count::Always || outcome == Outcome::Success,
            Recorder::Automation | Recorder::JobSent | Recorder::JobAttempt => true,
        }
    }
}
