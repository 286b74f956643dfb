//! Payments.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::label::LabelValue;
use crate::scope::Scope;

/// Records processed payments in `axisor_payment_processing_total`.
#[derive(Clone)]
#[must_use = "records nothing by itself: call `record`"]
pub struct Payments(Arc<Scope>);

/// How the processing of a payment ended: the label `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaymentStatus {
    /// The payment went through.
    Success,
    /// It did not.
    Failed,
}

impl Payments {
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        Self(scope)
    }

    /// Counts one processed payment.
    pub fn record(&self, status: PaymentStatus) {
        self.0.instruments.payment_processing.of([&status]).add(1);
    }
}

impl fmt::Debug for Payments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payments").finish_non_exhaustive()
    }
}

impl PaymentStatus {
    /// The text of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

impl LabelValue for PaymentStatus {
    fn label(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }

    fn known(&self) -> Option<&'static str> {
        Some(self.as_str())
    }
}
