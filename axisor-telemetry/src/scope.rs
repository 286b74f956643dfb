//! Which telemetry a call belongs to: the one its context carries, or else the installed one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use opentelemetry::Context;
use opentelemetry_sdk::trace::SdkTracer;

use crate::clock::Clock;
use crate::instruments::Instruments;

/// Everything a recorder needs of one built telemetry.
pub(crate) struct Scope {
    /// Unique in the process, so that what was bound for one telemetry is never used for another.
    pub(crate) id: u64,
    pub(crate) instruments: Instruments,
    pub(crate) tracer: SdkTracer,
    pub(crate) clock: Clock,
}

static INSTALLED: ArcSwapOption<Scope> = ArcSwapOption::const_empty();
static NEXT_ID: AtomicU64 = AtomicU64::new(1);
static CARRIED: AtomicBool = AtomicBool::new(false);

/// A scope carried by an OpenTelemetry context, for telemetry that was built without globals.
struct Carried(Arc<Scope>);

impl Scope {
    pub(crate) fn new(instruments: Instruments, tracer: SdkTracer, clock: Clock) -> Arc<Self> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self {
            id,
            instruments,
            tracer,
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
        INSTALLED
            .load()
            .as_ref()
            .is_some_and(|installed| installed.id == self.id)
    }
}

/// The scope of the present call: carried by the current context, or else the installed one.
pub(crate) fn current() -> Option<Arc<Scope>> {
    if CARRIED.load(Ordering::Relaxed)
        && let Some(scope) = Context::map_current(|context| {
            context.get::<Carried>().map(|carried| carried.0.clone())
        })
    {
        return Some(scope);
    }
    INSTALLED.load_full()
}

/// Makes `scope` the process-wide one, or leaves the process without.
pub(crate) fn install(scope: Option<Arc<Scope>>) {
    INSTALLED.store(scope);
}
