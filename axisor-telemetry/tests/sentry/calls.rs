//! Annotated functions whose site asks for it.

use std::fmt;

use axisor_telemetry::instrument_automation;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};

use crate::server::{DEADLINE, Server, trace, value};

#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ada@axisor.io refused by postgres://axisor:hunter2@db")
    }
}

#[instrument_automation(type = "margin_check", name = "check", capture)]
fn capturing(result: Result<(), Refused>, span: &mut SpanContext) -> Result<(), Refused> {
    *span = current();
    result
}

#[instrument_automation(type = "margin_check", name = "check")]
fn plain(result: Result<(), Refused>, span: &mut SpanContext) -> Result<(), Refused> {
    *span = current();
    result
}

fn current() -> SpanContext {
    Context::current().span().span_context().clone()
}

/// One of the two functions above.
type Checked = fn(Result<(), Refused>, &mut SpanContext) -> Result<(), Refused>;

const CAPTURING: Checked = capturing;
const PLAIN: Checked = plain;

fn call(check: Checked, result: Result<(), Refused>) -> (Result<(), Refused>, SpanContext) {
    let mut span = SpanContext::empty_context();
    (check(result, &mut span), span)
}

#[test]
fn a_failed_call_is_an_event_with_its_trace_and_without_secrets() {
    let server = Server::up();
    let telemetry = server
        .telemetry()
        .set("service.version", "1.2.3")
        .set("service.instance_id", "pod-1")
        .set("deployment.environment.name", "staging")
        .build()
        .expect("a telemetry");
    let (_, span) = telemetry.in_scope(|| call(CAPTURING, Err(Refused)));
    let event = server.only(&telemetry);

    assert_eq!(
        value(&event),
        Some("[redacted] refused by postgres://[redacted]@db")
    );
    let exception = &event.exception.values[0];
    assert!(exception.ty.ends_with("Refused"), "{}", exception.ty);
    let frame = &exception.stacktrace.as_ref().expect("a place").frames[0];
    let function = concat!(module_path!(), "::capturing");
    assert_eq!(frame.function.as_deref(), Some(function));
    assert!(
        frame
            .filename
            .as_deref()
            .is_some_and(|file| file.ends_with("calls.rs"))
            && frame.lineno.is_some()
    );
    let trace = trace(&event);
    assert_eq!(trace.trace_id.to_string(), span.trace_id().to_string());
    assert_eq!(trace.span_id.to_string(), span.span_id().to_string());
    assert_eq!(event.tags["trace_id"], span.trace_id().to_string());
    assert_eq!(event.transaction.as_deref(), Some("check"));
    assert_eq!(event.release.as_deref(), Some("axisor-test@1.2.3"));
    assert_eq!(event.environment.as_deref(), Some("staging"));
    assert_eq!(event.server_name.as_deref(), Some("pod-1"));
    assert!(event.user.is_none() && event.request.is_none() && event.breadcrumbs.is_empty());

    let (headers, _) = server.received().remove(0);
    let authorization = headers["x-sentry-auth"].to_str().expect("text").to_owned();
    assert!(
        authorization.contains("sentry_key=public"),
        "{authorization}"
    );
    assert_eq!(headers["content-type"], "application/x-sentry-envelope");
}

#[test]
fn only_failures_of_functions_that_ask_for_it_are_events() {
    let server = Server::up();
    let telemetry = server.telemetry().build().expect("a telemetry");
    telemetry.in_scope(|| {
        let _ = call(CAPTURING, Ok(()));
        let _ = call(PLAIN, Err(Refused));
    });
    let report = telemetry.shutdown(DEADLINE).expect("nothing to send");
    assert_eq!(report.errors.exported, 0);
    assert!(server.events().is_empty());
}

#[test]
fn a_trace_that_is_not_sampled_has_its_errors_all_the_same() {
    let server = Server::up();
    let telemetry = server
        .telemetry()
        .set("traces.sampler", "always_off")
        .build()
        .expect("a telemetry");
    let (_, span) = telemetry.in_scope(|| call(CAPTURING, Err(Refused)));
    assert!(!span.is_sampled());
    let event = server.only(&telemetry);
    assert_eq!(
        trace(&event).span_id.to_string(),
        span.span_id().to_string()
    );
}

#[test]
fn a_share_of_none_sends_nothing_and_loses_nothing() {
    let server = Server::up();
    let telemetry = server
        .telemetry()
        .set("sentry.sample_rate", 0)
        .build()
        .expect("a telemetry");
    telemetry.in_scope(|| (0..20).for_each(|_| drop(call(CAPTURING, Err(Refused)))));
    let report = telemetry.shutdown(DEADLINE).expect("nothing to send");
    assert_eq!((report.errors.dropped, server.events().len()), (0, 0));
}

#[test]
fn a_share_sends_about_as_much() {
    let server = Server::up();
    let telemetry = server
        .telemetry()
        .set("sentry.sample_rate", "0.5")
        .build()
        .expect("a telemetry");
    telemetry.in_scope(|| (0..200).for_each(|_| drop(call(CAPTURING, Err(Refused)))));
    telemetry.shutdown(DEADLINE).expect("everything is sent");
    let sent = server.events().len();
    assert!((50..150).contains(&sent), "{sent} of 200");
}
