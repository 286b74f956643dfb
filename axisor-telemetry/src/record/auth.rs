//! Authentication.

use std::fmt;
use std::sync::Arc;

use crate::label::LabelValue;
use crate::scope::Scope;

/// Records failed authentications in `axisor_auth_failures_total`.
#[derive(Clone)]
#[must_use = "records nothing by itself: call `failed`"]
pub struct Authentication(Arc<Scope>);

impl Authentication {
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        Self(scope)
    }

    /// Counts one failed authentication. A reason is a category such as `bad_password`, never a name or an address.
    pub fn failed(&self, reason: impl LabelValue) {
        self.0.instruments.auth_failures.of([&reason]).add(1);
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").finish_non_exhaustive()
    }
}
