//! The place of an annotated function.

use std::borrow::Cow;

use opentelemetry::KeyValue;

use crate::instruments::BoundCell;
use crate::outcome::Outcome;
use crate::record::Recorder;
use crate::scope::Scope;
use crate::trace::Code;

/// The label values of a call that come from the attribute, in the order of its required arguments.
pub type Labels = [Cow<'static, str>; 2];

/// What is the same for every call of one annotated function.
pub struct Site {
    recorder: Recorder,
    name: &'static str,
    code: Code,
    fixed: Option<[&'static str; 2]>,
    success: BoundCell,
    failure: BoundCell,
}

impl Site {
    /// The site of a function whose calls `recorder` counts.
    #[must_use]
    pub const fn new(recorder: Recorder, name: &'static str, code: Code) -> Self {
        Self {
            recorder,
            name,
            code,
            fixed: None,
            success: BoundCell::new(),
            failure: BoundCell::new(),
        }
    }

    /// The same site, whose label values are the same for every call.
    #[must_use]
    pub const fn fixed(
        recorder: Recorder,
        name: &'static str,
        code: Code,
        labels: [&'static str; 2],
    ) -> Self {
        Self {
            recorder,
            name,
            code,
            fixed: Some(labels),
            success: BoundCell::new(),
            failure: BoundCell::new(),
        }
    }

    /// The label values that are the same for every call.
    pub(crate) fn labels(&self) -> Labels {
        self.fixed.unwrap_or_default().map(Cow::Borrowed)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn attributes(&self, labels: &Labels) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(8); // these, and what is said at the end
        attributes.extend(self.recorder.attributes(labels));
        attributes.extend(self.code.attributes());
        attributes
    }

    pub(crate) fn count(&self, scope: &Scope, labels: &Labels, outcome: Outcome) {
        let Some((family, values)) = self.recorder.series(&scope.instruments, labels, outcome)
        else {
            return;
        };
        match (self.fixed, outcome) {
            (None, _) => family.with(&values).add(1),
            (Some(_), Outcome::Success) => self.success.add_fixed(scope, family, &values),
            (Some(_), Outcome::Failure) => self.failure.add_fixed(scope, family, &values),
        }
    }
}
