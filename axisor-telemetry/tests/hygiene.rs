//! Expanded code names nothing that may mean something else where it stands, and no lint objects to it.
#![no_implicit_prelude]
#![deny(warnings, missing_docs, clippy::pedantic)]

use ::axisor_telemetry::{Telemetry, instrument_automation, track_margin_guard};
use ::core::option::Option::{self, None, Some};
use ::core::result::Result::{self, Err, Ok};

// Names that careless expansions would take for the standard library's or their own.
mod traps {
    #![allow(dead_code)]
    pub(crate) struct Box;
    pub(crate) struct Cow;
    pub(crate) struct Judge;
    pub(crate) struct Site;
    pub(crate) trait Future {}
    pub(crate) fn start() {}
}
#[allow(unused_imports)]
use traps::{Box, Cow, Future, Judge, Site, start};

const SITE: &str = "site";

#[instrument_automation(type = "one")]
fn one() -> u8 {
    1
}

#[instrument_automation(type = SITE)]
fn uses_names(returned: u8) -> Option<&'static str> {
    if returned == 0 {
        return None;
    }
    Some(SITE)
}

#[instrument_automation(type = "later")]
async fn later(fail: bool) -> Result<u8, &'static str> {
    if fail {
        return Err("failed");
    }
    Ok(::core::future::ready(1).await)
}

#[track_margin_guard(action = "boxed", plan = plan)]
fn boxed(
    plan: &str,
) -> ::std::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = usize> + '_>> {
    if plan.is_empty() {
        return ::std::boxed::Box::pin(::core::future::ready(0));
    }
    ::std::boxed::Box::pin(async move { plan.len() })
}

#[track_margin_guard(action = "opaque", plan = "pro")]
fn opaque(returned: u8) -> impl ::core::future::Future<Output = u8> {
    async move { returned }
}

struct Guard {
    plan: &'static str,
    left: u8,
}

impl Guard {
    #[track_margin_guard(action = "take", plan = self.plan)]
    fn take(&mut self) -> Result<&mut u8, &'static str> {
        self.left = self.left.checked_sub(1).ok_or("nothing left")?;
        Ok(&mut self.left)
    }
}

#[::core::prelude::v1::test]
fn nothing_in_an_expansion_depends_on_its_surroundings() {
    let telemetry = Telemetry::builder("test")
        .without_environment()
        .build()
        .unwrap();
    let runtime = ::tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    telemetry.in_scope(|| {
        ::core::assert_eq!(one(), 1);
        ::core::assert_eq!(uses_names(0), None);
        ::core::assert_eq!(uses_names(1), Some("site"));
        let mut guard = Guard {
            plan: "pro",
            left: 1,
        };
        ::core::assert!(guard.take().is_ok());
        ::core::assert!(guard.take().is_err());
    });
    runtime.block_on(telemetry.scope(async {
        ::core::assert!(later(false).await.is_ok());
        ::core::assert!(later(true).await.is_err());
        ::core::assert_eq!(boxed("pro").await, 3);
        ::core::assert_eq!(opaque(1).await, 1);
    }));
    let page = telemetry.exposition().unwrap();
    for sample in [
        "axisor_automation_executions_total{automation_type=\"one\",status=\"success\"} 1",
        "axisor_automation_executions_total{automation_type=\"site\",status=\"success\"} 1",
        "axisor_automation_executions_total{automation_type=\"site\",status=\"failure\"} 1",
        "axisor_automation_executions_total{automation_type=\"later\",status=\"failure\"} 1",
        "axisor_margin_guard_actions_total{action_type=\"boxed\",user_plan=\"pro\"} 1",
        "axisor_margin_guard_actions_total{action_type=\"opaque\",user_plan=\"pro\"} 1",
        "axisor_margin_guard_actions_total{action_type=\"take\",user_plan=\"pro\"} 1",
    ] {
        ::core::assert!(page.contains(sample), "{sample} is not in\n{page}");
    }
}
