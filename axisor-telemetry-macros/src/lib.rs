//! The attributes of axisor-telemetry, which re-exports them: use them from there.

mod args;
mod attribute;
mod derive;
mod errors;
mod expand;
mod field;
mod function;
mod given;
mod label;
mod place;

use attribute::Attribute;

/// Counts each call of a function as an automation execution, and gives it a span.
///
/// ```
/// use axisor_telemetry::instrument_automation;
/// # struct User;
/// # #[derive(Debug)] struct Unreachable;
/// # impl std::fmt::Display for Unreachable {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("unreachable") }
/// # }
///
/// #[instrument_automation(type = "margin_check")]
/// async fn check_margin(user: &User) -> Result<bool, Unreachable> {
///     // …
///     # Ok(true)
/// }
/// ```
/// counts in `axisor_automation_executions_total{automation_type="margin_check",status="success"}` or
/// `status="failure"`.
///
/// # Arguments
/// | argument | |
/// |---|---|
/// | `type = …` | required: the label `automation_type` |
/// | `name = "…"` | the span's name; the function's unless given |
/// | `err` | the span says the error's text, redacted; so it is unless said otherwise |
/// | `err(type_only)` | the span says the error's type only |
/// | `skip(…)`, `skip_all` | accepted for those used to them: arguments are never recorded |
/// | `crate = path` | where axisor-telemetry is found, if not at `::axisor_telemetry` |
///
/// A label's value is a literal, a constant (`NAMES_LIKE_THIS`, text, checked by the compiler), or any other
/// expression over the function's arguments whose type has `LabelValue`. Literals and constants have 1 to 64 bytes:
/// letters, digits and `_.:/-`. An expression is evaluated before the body, and only if the call is recorded; where the
/// function returns a future without being `async`, it is evaluated when the function is called.
///
/// # Outcomes
/// | the body ends with | `status` | span |
/// |---|---|---|
/// | `Ok`, `Some`, `true`, `()`, any other type | `success` | status unset |
/// | `Err`, `None`, `false`, a type whose `ExecutionOutcome` says so | `failure` | error, with the redacted text of an error that has `Display` |
/// | a panic, which goes on | `failure` | error, `error.type` is `panic`; no payload |
/// | its future dropped after the first poll | `failure` | status unset, `axisor.outcome` is `cancelled` |
/// | its future never polled | no call | none |
///
/// It is the type that decides, not its spelling: aliases of `Result` and errors of any kind count the same. Every call
/// that started is counted once.
///
/// # Functions
/// Free functions, methods, methods of traits and of `async_trait`; `async` or not, generic, `unsafe`, recursive. A
/// function that returns `impl Future`, `Pin<Box<dyn Future>>` or `BoxFuture` is a call from the first poll of that future
/// to its end. Refused by the compiler, since a call could not be seen to its end: `const fn`, a method without a
/// body, a function that returns a stream, or a future by any other name (a `JoinHandle`, too).
///
/// In a `#[track_caller]` function, `Location::caller()` is the function itself.
///
/// # Spans
/// Of kind internal, below the current OpenTelemetry context, which they are for the body: spans, HTTP calls and
/// logs inside belong to them. They carry the label values, where the function stands (`code.function.name`,
/// `code.file.path`, `code.line.number`) and how the call ended (`axisor.outcome`: `success`, `failure`, `panic` or
/// `cancelled`); a failure also `error.type` and an `exception` event. Below a parent that is not sampled no span is
/// made, and calls count all the same.
///
/// Without telemetry nothing but the body runs. A call before the telemetry starts is not counted, later ones are.
#[proc_macro_attribute]
pub fn instrument_automation(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    Attribute::Automation
        .expand(args.into(), &item.into())
        .into()
}

/// Counts each call of a function that succeeds as a margin guard action, and gives every call a span.
///
/// ```
/// use axisor_telemetry::track_margin_guard;
/// # struct User { plan: String }
/// # #[derive(Debug)] struct Refused;
///
/// #[track_margin_guard(action = "add_margin", plan = user.plan)]
/// async fn add_margin(user: &User, sats: u64) -> Result<(), Refused> {
///     // …
///     # Ok(())
/// }
/// ```
/// counts in `axisor_margin_guard_actions_total{action_type="add_margin",user_plan="pro"}`. An action that failed,
/// panicked or was cancelled was not taken: its span says so, and it is not counted.
///
/// # Arguments
/// | argument | |
/// |---|---|
/// | `action = …` | required: the label `action_type` |
/// | `plan = …` | required: the label `user_plan` |
/// | `name = "…"` | the span's name; the function's unless given |
/// | `err` | the span says the error's text, redacted; so it is unless said otherwise |
/// | `err(type_only)` | the span says the error's type only |
/// | `skip(…)`, `skip_all` | accepted for those used to them: arguments are never recorded |
/// | `crate = path` | where axisor-telemetry is found, if not at `::axisor_telemetry` |
///
/// A label's value is a literal, a constant (`NAMES_LIKE_THIS`, text, checked by the compiler), or any other
/// expression over the function's arguments whose type has `LabelValue`. Literals and constants have 1 to 64 bytes:
/// letters, digits and `_.:/-`. An expression is evaluated before the body, and only if the call is recorded; where the
/// function returns a future without being `async`, it is evaluated when the function is called.
///
/// A plan is best an enum:
/// ```
/// use std::borrow::Cow;
/// use axisor_telemetry::{LabelValue, track_margin_guard};
///
/// #[derive(Clone, Copy)]
/// enum Plan {
///     Free,
///     Pro,
/// }
///
/// impl LabelValue for Plan {
///     fn label(&self) -> Cow<'_, str> {
///         Cow::Borrowed(match self {
///             Plan::Free => "free",
///             Plan::Pro => "pro",
///         })
///     }
/// }
///
/// struct Guard {
///     plan: Plan,
///     margin: u64,
/// }
///
/// impl Guard {
///     #[track_margin_guard(action = "add_margin", plan = self.plan, name = "margin guard adds")]
///     fn add(&mut self, sats: u64) -> Option<&mut u64> {
///         self.margin = self.margin.checked_add(sats)?;
///         Some(&mut self.margin)
///     }
/// }
/// ```
///
/// What counts as success, which functions it takes and what the span says is as for
/// [`instrument_automation`](macro@instrument_automation).
#[proc_macro_attribute]
pub fn track_margin_guard(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    Attribute::MarginGuard
        .expand(args.into(), &item.into())
        .into()
}

/// Makes an enum's variants the known values of a label.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn label_value(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive::expand(item.into()).into()
}
