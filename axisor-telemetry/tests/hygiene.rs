//! Expanded code names nothing that may mean something else where it stands, and no lint objects to it.
#![no_implicit_prelude]
#![deny(warnings, missing_docs, clippy::pedantic)]

use ::axisor_telemetry::{LabelValue, Telemetry, instrument_automation, track_margin_guard};
use ::core::option::Option::{self, None, Some};
use ::core::result::Result::{self, Err, Ok};

// Names that careless expansions would take for the standard library's or their own.
mod traps {
    #![allow(dead_code)]
    pub(crate) struct Box;
    pub(crate) struct Cow;
    pub(crate) struct Judge;
    pub(crate) struct Labels;
    pub(crate) struct Linked;
    pub(crate) struct Opening;
    pub(crate) struct Site;
    pub(crate) struct Verdict;
    pub(crate) trait Future {}
    pub(crate) fn start() {}
}
#[allow(unused_imports)]
use traps::{Box, Cow, Future, Judge, Labels, Linked, Opening, Site, Verdict, start};

mod renamed {
    pub(crate) use ::axisor_telemetry as telemetry;
}

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

/// Variants whose names mean something elsewhere.
#[derive(LabelValue, Clone, Copy)]
enum Kind {
    Some,
    Option,
    #[label("none_at_all")]
    None,
}

#[derive(LabelValue)]
#[label(crate = crate::renamed::telemetry)]
#[allow(dead_code)]
enum Elsewhere<T> {
    Ok(T),
    Err { known: T },
}

#[track_margin_guard(
    action = ret(|verdict| if verdict.is_ok() { labels } else { Kind::None }),
    plan = opening,
    ok_if = |returned| ::core::matches!(returned, Ok(_)),
    on_cancel = "skip",
    count = "always",
    err(with = |error| error.len()),
    name = "every argument",
    kind = "client",
    level = "debug",
    target = "hygiene",
    parent = context,
    links(context, [context], ::core::option::Option::Some(context)),
    fields(opening = 1, %linked, ?spans, "text" = linked),
    skip_all,
    duration(buckets = [0.1, 1.0]),
    crate = crate::renamed::telemetry
)]
#[instrument_automation(
    type = Elsewhere::Err { known: opening },
    error_if = ::core::result::Result::is_err,
    err(Debug),
    duration,
    in_flight,
    fields(linked)
)]
async fn every_argument(
    opening: &str,
    labels: Kind,
    linked: &str,
    spans: u8,
    context: &::opentelemetry::Context,
) -> Result<u8, &'static str> {
    if spans == 0 {
        return Err("no spans");
    }
    Ok(spans)
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
        let context = ::opentelemetry::Context::new();
        ::core::assert!(
            every_argument("o", Kind::Some, "l", 1, &context)
                .await
                .is_ok()
        );
        ::core::assert!(
            every_argument("o", Kind::Option, "l", 0, &context)
                .await
                .is_err()
        );
        ::core::assert!(Elsewhere::Ok(1).known() == Some("ok"));
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
        "axisor_margin_guard_actions_total{action_type=\"some\",user_plan=\"o\"} 1",
        "axisor_margin_guard_actions_total{action_type=\"none_at_all\",user_plan=\"o\"} 1",
        "axisor_automation_executions_total{automation_type=\"err\",status=\"success\"} 1",
        "axisor_automation_executions_total{automation_type=\"err\",status=\"failure\"} 1",
        "axisor_automations_in_flight{automation_type=\"err\"} 0",
    ] {
        ::core::assert!(page.contains(sample), "{sample} is not in\n{page}");
    }
}
