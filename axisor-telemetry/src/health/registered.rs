//! One check as it was registered: asked under its limit, told to the gauge, the log and a span.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;

use super::report::Entry;
use super::{CheckReport, HealthCheck};
use crate::contained::{Contained, Unanswered};
use crate::scope::Scope;

/// The span's attribute with the check's name.
const CHECK: &str = "axisor.health.check";
/// The span's attribute with the check's outcome.
const HEALTHY: &str = "axisor.health.healthy";

pub(super) struct Registered {
    name: String,
    check: Arc<dyn HealthCheck>,
    limit: Duration,
    contained: Contained,
    /// Whether it was well once.
    was_well: AtomicBool,
    failing: AtomicBool,
}

impl Registered {
    pub(super) fn new(name: String, check: Arc<dyn HealthCheck>, limit: Duration) -> Self {
        Self {
            name,
            limit: check.limit().unwrap_or(limit),
            check,
            contained: Contained::default(),
            was_well: AtomicBool::new(false),
            failing: AtomicBool::new(false),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Asks; whoever has not been well yet is excused during the `grace`.
    pub(super) async fn ask(&self, scope: &Arc<Scope>, in_grace: bool) -> Entry {
        let span = SpanBuilder::from_name(format!("health {}", self.name))
            .with_kind(SpanKind::Internal)
            .with_attributes([KeyValue::new(CHECK, self.name.clone())]);
        let parent = Context::current();
        let span = scope.tracer.build_with_context(span, &parent);
        let context = scope.within(parent.with_span(span));
        let start = scope.clock.now();
        let check = Arc::clone(&self.check);
        let answer = async move { check.check().await };
        let answered = self.contained.within(self.limit, context.clone(), answer);
        let (report, failure) = match answered.await {
            Ok(report) => (report.timed(scope.clock.since(start)), "unhealthy"),
            Err(unanswered) => (CheckReport::failed(unanswered), error_type(unanswered)),
        };
        if failure == TIMEOUT {
            let abandoned = &scope.instruments.health_checks_abandoned;
            abandoned.with(&[&self.name]).add(1);
        }
        end(&context, &report, failure);
        self.log_change(&report);
        Entry {
            name: self.name.clone(),
            importance: self.check.importance(),
            excused: in_grace && !self.is_or_was_well(&report),
            report,
        }
    }

    fn is_or_was_well(&self, report: &CheckReport) -> bool {
        if report.is_healthy() {
            self.was_well.store(true, Ordering::Relaxed);
        }
        self.was_well.load(Ordering::Relaxed)
    }

    fn log_change(&self, report: &CheckReport) {
        let failing = !report.is_healthy();
        if self.failing.swap(failing, Ordering::Relaxed) == failing {
            return;
        }
        let check = &*self.name;
        if failing {
            let error = report.error().unwrap_or("unhealthy");
            tracing::warn!(check, error, "health check fails");
        } else {
            tracing::info!(check, "health check is well again");
        }
    }
}

const TIMEOUT: &str = "timeout";

fn error_type(unanswered: Unanswered) -> &'static str {
    match unanswered {
        Unanswered::TimedOut(_) => TIMEOUT,
        Unanswered::Panicked => "panic",
    }
}

fn end(context: &Context, report: &CheckReport, failure: &'static str) {
    let span = context.span();
    span.set_attribute(KeyValue::new(HEALTHY, report.is_healthy()));
    if !report.is_healthy() {
        let description = report.error().unwrap_or_default().to_owned();
        span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, failure));
        span.set_status(Status::error(Cow::Owned::<str>(description)));
    }
    span.end();
}
