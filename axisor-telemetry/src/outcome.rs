//! How a returned value counts.

use std::fmt::{Debug, Display};

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
/// `Result`, `Option`, `bool` and `()` have it, borrowed or boxed, too; any type without it counts as success. Implement
/// it for your own types that can say that something failed:
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

macro_rules! outcome_of_what_it_holds {
    ($($holder:ty),*) => {$(
        impl<T: ExecutionOutcome + ?Sized> ExecutionOutcome for $holder {
            fn outcome(&self) -> Outcome {
                T::outcome(self)
            }

            fn description(&self) -> Option<&dyn Display> {
                T::description(self)
            }

            fn error_type(&self) -> &'static str {
                T::error_type(self)
            }
        }

        #[diagnostic::do_not_recommend] // nobody is told to borrow their result
        impl<T: Fallible + ?Sized> Fallible for $holder {
            type Error = T::Error;

            fn error(&self) -> Option<&T::Error> {
                T::error(self)
            }
        }
    )*};
}

outcome_of_what_it_holds!(&T, &mut T, Box<T>);

/// What a returned value says about its call.
pub struct Verdict<'a> {
    pub(crate) outcome: Outcome,
    pub(crate) error_type: &'static str,
    pub(crate) description: Description<'a>,
}

/// What the span of a failed call says.
pub(crate) enum Description<'a> {
    /// Nothing.
    None,
    /// The `Display` of an error, redacted.
    Display(&'a dyn Display),
    /// The `Debug` of an error, redacted.
    Debug(&'a dyn Debug),
    /// What a function of the user's made of an error, as it is.
    Made(Box<dyn FnOnce() -> String + 'a>),
}

/// What may have an error to show.
#[diagnostic::on_unimplemented(
    message = "this function returns `{Self}`, which has no error to show",
    label = "expected a function that returns a `Result`",
    note = "leave `err` out; `ok_if` and `error_if` say when something else has failed"
)]
pub trait Fallible {
    /// The error.
    type Error;

    /// The error, if there is one.
    fn error(&self) -> Option<&Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

/// The `error.type` of a call that failed by a rule of its attribute.
const OTHER: &str = "_OTHER";

impl Verdict<'_> {
    /// Of a value that says nothing.
    pub const SUCCESS: Self = Self {
        outcome: Outcome::Success,
        error_type: "",
        description: Description::None,
    };
}

impl<'a> Verdict<'a> {
    pub(crate) fn of(returned: &'a impl ExecutionOutcome) -> Self {
        Self {
            outcome: returned.outcome(),
            error_type: returned.error_type(),
            description: returned
                .description()
                .map_or(Description::None, Description::Display),
        }
    }

    pub(crate) fn of_result<R>(returned: &'a R) -> Self
    where
        R: ExecutionOutcome + Fallible<Error: Display>,
    {
        let shown = |error: &'a R::Error| Description::Display(error);
        Self {
            description: returned.error().map_or(Description::None, shown),
            ..Self::of(returned)
        }
    }

    /// The same without the error's text.
    #[must_use]
    pub fn type_only(self) -> Self {
        Self {
            description: Description::None,
            ..self
        }
    }

    /// The same with the error's `Debug`.
    #[must_use]
    pub fn debug<R: Fallible<Error: Debug>>(self, returned: &'a R) -> Self {
        let shown = |error: &'a R::Error| Description::Debug(error);
        Self {
            description: returned.error().map_or(Description::None, shown),
            ..self
        }
    }

    /// The same with what `text` makes of the error.
    #[must_use]
    pub fn with<R: Fallible, D: Display>(
        self,
        returned: &'a R,
        text: impl FnOnce(&'a R::Error) -> D + 'a,
    ) -> Self {
        let Some(error) = returned.error() else {
            return self;
        };
        Self {
            description: Description::Made(Box::new(move || text(error).to_string())),
            ..self
        }
    }

    /// The same, but a success or not as the attribute's rule says.
    #[must_use]
    pub fn succeeded(self, succeeded: bool) -> Self {
        match (Outcome::success_if(succeeded), self.outcome) {
            (Outcome::Success, _) => Self::SUCCESS,
            (Outcome::Failure, Outcome::Failure) => self,
            (outcome @ Outcome::Failure, Outcome::Success) => Self {
                outcome,
                error_type: OTHER,
                description: Description::None,
            },
        }
    }
}
