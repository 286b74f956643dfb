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
mod returned;
mod usage;
mod value;

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
/// `type`, the label `automation_type`, is required.
#[doc = include_str!("../doc/labels.md")]
///
/// ```
/// use axisor_telemetry::{LabelValue, instrument_automation};
///
/// #[derive(Clone, Copy, LabelValue)]
/// enum Strategy {
///     TakeProfit,
///     Dca { sats: u64 },
/// }
///
/// #[instrument_automation(type = strategy)] // `take_profit` or `dca`
/// fn execute(strategy: Strategy) -> Option<u64> {
///     // …
///     # None
/// }
///
/// #[instrument_automation(type = ret(|strategy| *strategy))]
/// fn choose(price: u64) -> Strategy {
///     // …
///     # Strategy::Dca { sats: price }
/// }
/// ```
///
#[doc = include_str!("../doc/arguments.md")]
///
#[doc = include_str!("../doc/calls.md")]
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
/// `action` and `plan`, the labels `action_type` and `user_plan`, are required. `count = "always"` counts calls
/// however they end; `count = "success"` is how it is unless said.
#[doc = include_str!("../doc/labels.md")]
///
/// ```
/// use axisor_telemetry::{LabelValue, track_margin_guard};
///
/// #[derive(Clone, Copy, LabelValue)]
/// enum Plan {
///     Free,
///     Pro,
/// }
///
/// #[derive(Clone, Copy, LabelValue)]
/// enum Action {
///     AddMargin { sats: u64 },
///     #[label("none")]
///     Nothing,
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
///
///     #[track_margin_guard(action = ret(|action| *action), plan = self.plan, count = "always")]
///     async fn protect(&mut self) -> Action {
///         // …
///         # Action::Nothing
///     }
/// }
/// ```
///
#[doc = include_str!("../doc/arguments.md")]
///
#[doc = include_str!("../doc/calls.md")]
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
///
/// A variant's label is its name in snake case, whatever data it has, or what `#[label("…")]` says: 1 to 64 bytes,
/// letters, digits and `_.:/-`. Two variants with one label are an error of the compiler, and so are structs, unions
/// and enums without variants.
///
/// ```
/// use axisor_telemetry::LabelValue;
///
/// #[derive(LabelValue)]
/// enum Order {
///     Market,
///     StopLoss { price: u64 },
///     #[label("oco")]
///     OneCancelsOther(u64, u64),
/// }
///
/// assert_eq!(Order::Market.label(), "market");
/// assert_eq!(Order::StopLoss { price: 1 }.label(), "stop_loss");
/// assert_eq!(Order::OneCancelsOther(1, 2).known(), Some("oco"));
/// ```
///
/// `#[label(crate = path)]` on the enum says where axisor-telemetry is found, if not at `::axisor_telemetry`.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn label_value(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive::expand(item.into()).into()
}
