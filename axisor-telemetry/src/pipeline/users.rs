//! Exporters of the user's own, which get each span as it ends, on the thread where it ends.
//!
//! The SDK's simple processor runs them under an executor that panics inside another of its kind, and a panic of theirs
//! ends in the business and poisons what it held. Here they panic, fail and record as they like: what they could not
//! export is counted as lost, and nobody else notices.

use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};

use super::ledger::{Ledger, Loss, Signal};
use crate::clock::Clock;
use crate::trace::{EndedSpan, SpanSink};

/// An exporter of the user's.
pub(crate) struct UsersExporter<E> {
    /// One export at a time, as the SDK promises exporters.
    open: Mutex<Open<E>>,
    clock: Clock,
    ledger: Arc<Ledger>,
}

struct Open<E> {
    exporter: E,
    shut_down: bool,
}

impl<E: SpanExporter> UsersExporter<E> {
    pub(crate) fn new(
        mut exporter: E,
        resource: &Resource,
        clock: Clock,
        ledger: &Arc<Ledger>,
    ) -> Self {
        exporter.set_resource(resource);
        Self {
            open: Mutex::new(Open {
                exporter,
                shut_down: false,
            }),
            clock,
            ledger: Arc::clone(ledger),
        }
    }

    fn export(&self, span: SpanData) {
        let exported = self.use_exporter(|open| {
            if open.shut_down {
                return Ok(()); // nobody expects it any more
            }
            pollster::block_on(open.exporter.export(vec![span]))
        });
        if let Err(error) = exported {
            self.ledger.lost(Signal::Traces, loss(&error), 1, error);
        }
    }

    /// Uses the exporter, whose own work makes no spans, and whose panics are errors.
    fn use_exporter(&self, work: impl FnOnce(&mut Open<E>) -> OTelSdkResult) -> OTelSdkResult {
        let Some(_working) = Working::begin() else {
            return failed("it ended inside an exporter of spans");
        };
        let quiet = || {
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            work(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
        };
        catch_unwind(AssertUnwindSafe(quiet)).unwrap_or_else(|_| failed("the exporter panicked"))
    }
}

impl<E: SpanExporter> SpanSink for UsersExporter<E> {
    fn ended(&self, span: EndedSpan) {
        self.export(span.data(&self.clock, self.clock.anchor()));
    }
}

impl<E: SpanExporter> SpanProcessor for UsersExporter<E> {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.export(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.use_exporter(|open| open.exporter.force_flush())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.use_exporter(|open| {
            if std::mem::replace(&mut open.shut_down, true) {
                return Ok(());
            }
            open.exporter.shutdown_with_timeout(timeout)
        })
    }
}

impl<E> fmt::Debug for UsersExporter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsersExporter").finish_non_exhaustive()
    }
}

thread_local! {
    /// Whether this thread is inside an exporter: a span that ends there would wait for it for ever.
    static WORKING: Cell<bool> = const { Cell::new(false) };
}

/// This thread is inside an exporter as long as it has one.
struct Working;

impl Working {
    /// `None` if it is already.
    fn begin() -> Option<Self> {
        (!WORKING.replace(true)).then(|| Self) // made only then: a drop ends the work
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        WORKING.set(false);
    }
}

fn failed(why: &str) -> OTelSdkResult {
    Err(OTelSdkError::InternalFailure(why.to_owned()))
}

fn loss(error: &OTelSdkError) -> Loss {
    match error {
        OTelSdkError::AlreadyShutdown => Loss::AfterShutdown,
        OTelSdkError::Timeout(_) => Loss::Unreachable,
        OTelSdkError::InternalFailure(_) => Loss::Rejected,
    }
}
