//! Enums that derive `LabelValue`.
#![deny(warnings, missing_docs, clippy::pedantic)]

use std::borrow::Cow;
use std::fmt::Debug;

use axisor_telemetry::{LabelValue, instrument_automation, track_margin_guard};

/// Variants without data, and with.
#[derive(Debug, Clone, Copy, LabelValue)]
#[non_exhaustive]
pub enum Order {
    /// As it is.
    Market,
    /// Of several words.
    StopLoss,
    /// With data.
    Limit(u64),
    /// With named data.
    TakeProfit {
        /// The price.
        price: u64,
    },
    /// By another name.
    #[label("oco")]
    OneCancelsOther,
    /// Old.
    #[deprecated]
    Trailing,
    #[cfg(any())]
    /// Left out.
    Missing,
}

/// Generic.
#[derive(Debug, LabelValue)]
pub enum Either<'a, L, R: ?Sized, const N: usize>
where
    R: Debug,
{
    /// One.
    Left([L; N]),
    /// The other.
    Right(&'a R),
}

mod renamed {
    pub(crate) use axisor_telemetry as telemetry;
}

/// With the library somewhere else.
#[derive(Debug, Clone, Copy, LabelValue)]
#[label(crate = renamed::telemetry)]
#[repr(u8)]
pub enum Plan {
    /// Of digits, too.
    Pro2Go = 1,
}

/// Takes a label from an argument, and a variant as it stands.
#[track_margin_guard(action = order, plan = Plan::Pro2Go)]
pub fn place(order: Order) -> Order {
    order
}

/// Takes it from what is returned.
#[instrument_automation(type = ret(|order| *order))]
pub async fn later(order: Order) -> Order {
    order
}

pub(crate) fn main() {
    for (order, label) in [
        (Order::Market, "market"),
        (Order::StopLoss, "stop_loss"),
        (Order::Limit(1), "limit"),
        (Order::TakeProfit { price: 1 }, "take_profit"),
        (Order::OneCancelsOther, "oco"),
    ] {
        assert_eq!(order.known(), Some(label));
        assert!(matches!(order.label(), Cow::Borrowed(text) if text == label));
    }
    assert_eq!(Either::<u8, str, 1>::Left([1]).label(), "left");
    assert_eq!(Either::<u8, str, 1>::Right("").label(), "right");
    assert_eq!(Plan::Pro2Go.label(), "pro2_go");
}
