//! How a returned value counts.

use std::fmt::Display;

/// How a call that returned counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The call did what it is for.
    Success,
    /// It did not.
    Failure,
}

impl Outcome {
    /// [`Success`](Self::Success) if `succeeded`, else [`Failure`](Self::Failure).
    #[must_use]
    pub const fn success_if(succeeded: bool) -> Self {
        if succeeded {
            Self::Success
        } else {
            Self::Failure
        }
    }
}

/// How a value returned by an annotated function counts.
///
/// `Result`, `Option`, `bool` and `()` have it; any type without it counts as success. Implement it for your own
/// types that can say that something failed:
/// ```
/// use axisor_telemetry::{ExecutionOutcome, Outcome};
///
/// enum Verdict {
///     Placed,
///     Refused,
/// }
///
/// impl ExecutionOutcome for Verdict {
///     fn outcome(&self) -> Outcome {
///         Outcome::success_if(matches!(self, Verdict::Placed))
///     }
/// }
/// ```
pub trait ExecutionOutcome {
    /// How this value counts.
    fn outcome(&self) -> Outcome;

    /// What the failed call's span says; it is redacted first. Nothing unless implemented.
    fn description(&self) -> Option<&dyn Display> {
        None
    }

    /// The `error.type` of the failed call's span: the name of this type unless implemented.
    fn error_type(&self) -> &'static str {
        std::any::type_name::<Self>()
    }
}

impl ExecutionOutcome for () {
    fn outcome(&self) -> Outcome {
        Outcome::Success
    }
}

impl ExecutionOutcome for bool {
    fn outcome(&self) -> Outcome {
        Outcome::success_if(*self)
    }

    fn error_type(&self) -> &'static str {
        "false"
    }
}

impl<T> ExecutionOutcome for Option<T> {
    fn outcome(&self) -> Outcome {
        Outcome::success_if(self.is_some())
    }

    fn error_type(&self) -> &'static str {
        "None"
    }
}

impl<T, E> ExecutionOutcome for Result<T, E> {
    fn outcome(&self) -> Outcome {
        Outcome::success_if(self.is_ok())
    }

    fn error_type(&self) -> &'static str {
        std::any::type_name::<E>()
    }
}

/// What a returned value says about its call.
pub struct Verdict<'a> {
    pub(crate) outcome: Outcome,
    pub(crate) error_type: &'static str,
    pub(crate) description: Option<&'a dyn Display>,
}

impl Verdict<'_> {
    /// Of a value that says nothing.
    pub const SUCCESS: Self = Self {
        outcome: Outcome::Success,
        error_type: "",
        description: None,
    };
}

impl<'a> Verdict<'a> {
    pub(crate) fn of(returned: &'a impl ExecutionOutcome) -> Self {
        Self {
            outcome: returned.outcome(),
            error_type: returned.error_type(),
            description: returned.description(),
        }
    }

    /// The same without the error's text.
    #[must_use]
    pub fn type_only(self) -> Self {
        Self {
            description: None,
            ..self
        }
    }

    pub(crate) fn of_result<T, E: Display>(returned: &'a Result<T, E>) -> Self {
        Self {
            description: returned.as_ref().err().map(|error| error as &dyn Display),
            ..Self::of(returned)
        }
    }
}
