//! Margin guard actions.

use std::fmt;
use std::sync::Arc;

use crate::label::LabelValue;
use crate::scope::Scope;

/// The span attribute of an action.
pub(super) const ACTION: &str = "axisor.margin_guard.action";
/// The span attribute of the plan of the user acted for.
pub(super) const PLAN: &str = "axisor.margin_guard.plan";

/// Records margin guard actions in `axisor_margin_guard_actions_total`.
///
/// Where a function is the action, [`track_margin_guard`](crate::track_margin_guard) records it by itself.
#[derive(Clone)]
#[must_use = "records nothing by itself: call `record`"]
pub struct MarginGuard(Arc<Scope>);

impl MarginGuard {
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        Self(scope)
    }

    /// Counts one `action` taken for a user of `plan`: any text, empty too, up to the bound of the family's
    /// series; an enum's [known](LabelValue::known) values past it, too.
    pub fn record(&self, action: impl LabelValue, plan: impl LabelValue) {
        self.0
            .instruments
            .margin_guard_actions
            .of([&action, &plan])
            .add(1);
    }
}

impl fmt::Debug for MarginGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MarginGuard").finish_non_exhaustive()
    }
}
