//! Page loads.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::label::LabelValue;
use crate::scope::Scope;

/// Records page loads as browsers measured them in `axisor_page_load_duration_seconds`.
///
/// `Telemetry::beacon` takes what browsers measured and records it by itself.
#[derive(Clone)]
#[must_use = "records nothing by itself: call `loaded`"]
pub struct Pages(Arc<Scope>);

impl Pages {
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        Self(scope)
    }

    /// Counts one load of `page`, which is a pattern such as `/positions/:id`, never an address with its values.
    pub fn loaded(&self, page: impl LabelValue, took: Duration) {
        self.0
            .instruments
            .page_load_duration
            .of([&page])
            .record(took.as_secs_f64());
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}
