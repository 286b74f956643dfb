//! What code inside a call adds to its span.

use axisor_telemetry::instrument_automation;
use axisor_telemetry::testing::TestTelemetry;
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use crate::recorded::attribute;

/// A call that sets each of these statuses and then fails with `error`, if there is one.
fn status(set: &[Status], error: Option<&'static str>) -> Status {
    #[instrument_automation(type = "status")]
    fn call(set: &[Status], error: Option<&'static str>) -> Result<(), &'static str> {
        let context = Context::current();
        for status in set {
            context.span().set_status(status.clone());
        }
        error.map_or(Ok(()), Err)
    }
    let telemetry = TestTelemetry::new();
    let _ = telemetry.in_scope(|| call(set, error));
    telemetry.only_span().status.clone()
}

#[test]
fn the_last_error_told_is_the_status_whatever_its_text() {
    let [a, z] = [Status::error("a"), Status::error("z")];
    assert_eq!(status(&[a.clone(), z.clone()], None), z);
    assert_eq!(status(&[z.clone(), a.clone()], None), a);
    assert_eq!(status(&[Status::Ok, a.clone()], None), Status::Ok);
    assert_eq!(status(&[a.clone(), Status::Unset], None), a);
}

#[test]
fn the_users_own_status_is_kept_whatever_the_calls_says() {
    let own = Status::error("a");
    assert_eq!(status(std::slice::from_ref(&own), Some("z")), own);
    assert_eq!(status(&[Status::Ok], Some("z")), Status::Ok);
    assert_eq!(status(&[], Some("z")), Status::error("z"));
    assert_eq!(status(&[], None), Status::Unset);
}

#[test]
fn an_attribute_set_twice_has_the_later_value() {
    #[instrument_automation(type = "twice", fields(sats = 1))]
    fn twice() {
        let context = Context::current();
        for sats in 2..=3 {
            context.span().set_attribute(KeyValue::new("sats", sats));
        }
    }
    for limit in [128, 6] {
        let telemetry =
            TestTelemetry::configured(|builder| builder.set("traces.attribute_count_limit", limit));
        telemetry.in_scope(twice);
        let span = telemetry.only_span();
        assert_eq!(attribute(&span, "sats").as_deref(), Some("3"));
        assert_eq!(span.dropped_attributes_count, 0);
    }
}

#[test]
fn how_a_call_ended_is_told_whatever_was_added() {
    #[instrument_automation(type = "crowded", fields(a = 1, b = 2, c = 3))]
    fn crowded() -> Result<(), &'static str> {
        Err("no")
    }
    let telemetry =
        TestTelemetry::configured(|builder| builder.set("traces.attribute_count_limit", 7));
    telemetry.in_scope(crowded).unwrap_err();
    let span = telemetry.only_span();
    let failure = attribute(&span, "axisor.outcome");
    assert_eq!(failure.as_deref(), Some("failure"));
    assert!(attribute(&span, "error.type").is_some(), "{span:?}");
    assert_eq!(
        (span.attributes.len(), span.dropped_attributes_count),
        (7, 2)
    );
}
