//! Automation executions.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::label::LabelValue;
use crate::outcome::Outcome;
use crate::scope::Scope;

/// The span attribute of an execution's type.
pub(super) const TYPE: &str = "axisor.automation.type";

/// Records automation executions in `axisor_automation_executions_total`.
///
/// Where a function is the execution, [`instrument_automation`](crate::instrument_automation) records it by itself.
#[derive(Clone)]
#[must_use = "records nothing by itself: call `record`"]
pub struct Automations(Arc<Scope>);

/// How an automation execution ended: the label `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AutomationStatus {
    /// It did what it is for.
    Success,
    /// It did not.
    Failure,
}

impl Automations {
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        Self(scope)
    }

    /// Counts one execution of `automation_type` that ended with `status`, an [`AutomationStatus`] unless there is a
    /// word the dashboards know. Any text is taken, empty too, up to the bound of the family's series; an
    /// enum's [known](LabelValue::known) values past it, too.
    pub fn record(&self, automation_type: impl LabelValue, status: impl LabelValue) {
        self.0
            .instruments
            .automation_executions
            .of([&automation_type, &status])
            .add(1);
    }
}

impl fmt::Debug for Automations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Automations").finish_non_exhaustive()
    }
}

impl AutomationStatus {
    /// The text of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

impl From<Outcome> for AutomationStatus {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Failure => Self::Failure,
        }
    }
}

impl LabelValue for AutomationStatus {
    fn label(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }

    fn known(&self) -> Option<&'static str> {
        Some(self.as_str())
    }
}
