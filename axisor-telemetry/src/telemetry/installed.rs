//! The process-wide telemetry and the guard that keeps it.

use std::ops::Deref;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use opentelemetry::global;
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry::trace::noop::NoopTracerProvider;

use super::measured::Measured;
use super::{Inner, StartError, Telemetry};
use crate::pipeline::{ShutdownError, ShutdownReport};
use crate::trace::{Failure, FailureSink, Propagation};
use crate::{logs, scope};

/// How long a dropped guard tries to send what is left.
const DROP_DEADLINE: Duration = Duration::from_secs(2);

static INSTALLED: ArcSwapOption<Inner> = ArcSwapOption::const_empty();

/// A `tracing` subscriber stays for the life of the process, and so there is one installation in it.
static ONCE: AtomicBool = AtomicBool::new(false);

impl Telemetry {
    /// The telemetry installed by [`init`](super::TelemetryBuilder::init), if there is one.
    #[must_use]
    pub fn current() -> Option<Self> {
        INSTALLED.load_full().map(Self)
    }

    pub(super) fn install(&self) -> Result<(), StartError> {
        let measured = Measured::from_here(&self.0.config.metrics)?;
        if ONCE.swap(true, Ordering::AcqRel) {
            return Err(StartError::AlreadyInstalled);
        }
        if logs::install(&self.0.config, self.layer()).is_err() {
            ONCE.store(false, Ordering::Release);
            return Err(StartError::SubscriberInstalled);
        }
        INSTALLED.store(Some(Arc::clone(&self.0)));
        if let Some(failures) = &self.0.scope.failures {
            tell_panics(Arc::clone(failures));
        }
        scope::install(Arc::clone(&self.0.scope));
        global::set_tracer_provider(self.0.tracers.clone());
        global::set_meter_provider(self.0.meters.clone());
        global::set_text_map_propagator(Propagation::new(&self.0.config.propagators));
        measured.begin();
        self.want_rounds();
        Ok(())
    }

    fn uninstall(&self) {
        if self.0.scope.is_installed() {
            scope::uninstall();
            INSTALLED.store(None);
            global::set_tracer_provider(NoopTracerProvider::new());
            global::set_meter_provider(NoopMeterProvider::new());
        }
    }
}

/// Tells of each panic where it begins, and then lets it be shown as before.
fn tell_panics(failures: Arc<dyn FailureSink>) {
    failures.panics_are_told();
    let shown = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        failures.failed(Failure::panic(panic));
        shown(panic);
    }));
}

/// Keeps the installed telemetry; dropping it sends what is left, for at most two seconds, and uninstalls it.
#[must_use = "dropping the guard ends the telemetry"]
#[derive(Debug)]
pub struct TelemetryGuard(pub(super) Telemetry);

impl TelemetryGuard {
    /// Ends the telemetry as [`Telemetry::shutdown`] and uninstalls it.
    ///
    /// # Errors
    /// As [`Telemetry::shutdown`].
    pub fn shutdown(self, deadline: Duration) -> Result<ShutdownReport, ShutdownError> {
        self.0.uninstall();
        self.0.shutdown(deadline)
    }
}

impl Deref for TelemetryGuard {
    type Target = Telemetry;

    fn deref(&self) -> &Telemetry {
        &self.0
    }
}

impl Drop for TelemetryGuard {
    /// After a [`shutdown`](Self::shutdown) there is nothing left to do.
    fn drop(&mut self) {
        self.0.uninstall();
        if let Err(error) = self.0.shutdown(DROP_DEADLINE) {
            tracing::warn!(%error, "telemetry ended");
        }
    }
}
