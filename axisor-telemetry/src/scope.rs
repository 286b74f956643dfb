//! Which telemetry a call belongs to: the one its context carries, or else the installed one.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::trace::SdkTracer;

use crate::clock::Clock;
use crate::instruments::Instruments;
use crate::trace::Spans;

/// Everything a recorder needs of one built telemetry.
pub(crate) struct Scope {
    /// Unique in the process, so that what was bound for one telemetry is never used for another.
    pub(crate) id: u64,
    pub(crate) instruments: Instruments,
    pub(crate) tracer: SdkTracer,
    pub(crate) spans: Spans,
    pub(crate) propagator: Arc<dyn TextMapPropagator + Send + Sync>,
    pub(crate) clock: Clock,
}

/// The one telemetry installed in the life of this process.
static INSTALLED: OnceLock<Arc<Scope>> = OnceLock::new();
/// Whether it is in use: from `init()` to its shutdown.
static IN_USE: AtomicBool = AtomicBool::new(false);
static CARRIED: AtomicBool = AtomicBool::new(false);
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// A scope carried by an OpenTelemetry context, for telemetry that was built without globals.
struct Carried(Arc<Scope>);

/// The scope of a call.
pub(crate) enum Current {
    /// The installed one, whose series a place in the code may keep.
    Installed(&'static Scope),
    /// One of several that may take turns in one place.
    Carried(Arc<Scope>),
}

impl Deref for Current {
    type Target = Scope;

    #[inline]
    fn deref(&self) -> &Scope {
        match self {
            Self::Installed(scope) => scope,
            Self::Carried(scope) => scope,
        }
    }
}

impl Scope {
    pub(crate) fn new(
        instruments: Instruments,
        tracer: SdkTracer,
        spans: Spans,
        propagator: Arc<dyn TextMapPropagator + Send + Sync>,
        clock: Clock,
    ) -> Arc<Self> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self {
            id,
            instruments,
            tracer,
            spans,
            propagator,
            clock,
        })
    }

    /// `context` with this scope in it: calls made under it record here.
    pub(crate) fn carry(self: &Arc<Self>, context: &Context) -> Context {
        if !CARRIED.load(Ordering::Relaxed) {
            CARRIED.store(true, Ordering::Relaxed);
        }
        context.with_value(Carried(Arc::clone(self)))
    }

    /// `context` as it is if this scope is the installed one, or else with this scope in it.
    pub(crate) fn within(self: &Arc<Self>, context: Context) -> Context {
        if self.is_installed() {
            return context;
        }
        self.carry(&context)
    }

    /// Whether this is the scope installed for the whole process.
    pub(crate) fn is_installed(&self) -> bool {
        installed().is_some_and(|installed| installed.id == self.id)
    }
}

/// The scope of the present call: carried by the current context, or else the installed one.
#[inline]
pub(crate) fn current() -> Option<Current> {
    if CARRIED.load(Ordering::Relaxed)
        && let Some(scope) = carried()
    {
        return Some(Current::Carried(scope));
    }
    installed().map(Current::Installed)
}

fn carried() -> Option<Arc<Scope>> {
    Context::map_current(|context| context.get::<Carried>().map(|carried| carried.0.clone()))
}

#[inline]
fn installed() -> Option<&'static Scope> {
    if !IN_USE.load(Ordering::Acquire) {
        return None;
    }
    INSTALLED.get().map(|scope| &**scope)
}

/// Makes `scope` the process-wide one; a process has one in its life.
pub(crate) fn install(scope: Arc<Scope>) {
    if INSTALLED.set(scope).is_ok() {
        IN_USE.store(true, Ordering::Release);
    }
}

/// Leaves the process without a telemetry.
pub(crate) fn uninstall() {
    IN_USE.store(false, Ordering::Release);
}
