//! Which telemetry a call belongs to: the one its context carries, or else the installed one.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span as _, SpanBuilder, TraceContextExt as _, Tracer as _};
use opentelemetry_sdk::trace::SdkTracer;

use crate::clock::Clock;
use crate::here;
use crate::instruments::Instruments;
use crate::trace::{FailureSink, Spans};

/// Everything a recorder needs of one built telemetry.
pub(crate) struct Scope {
    /// Unique in the process, so that what was bound for one telemetry is never used for another.
    pub(crate) id: u64,
    pub(crate) instruments: Instruments,
    pub(crate) tracer: SdkTracer,
    pub(crate) spans: Spans,
    pub(crate) propagator: Arc<dyn TextMapPropagator + Send + Sync>,
    pub(crate) clock: Clock,
    /// Who looks at failures one by one.
    pub(crate) failures: Option<Arc<dyn FailureSink>>,
    /// Whether a job that came with something nobody can read was told of.
    pub(crate) unreadable_job_told: AtomicBool,
}

/// The one telemetry installed in the life of this process.
static INSTALLED: OnceLock<Arc<Scope>> = OnceLock::new();
/// Where scopes are to be looked for: the sum of those below. A call reads this first, and mostly nothing else.
static PLACES: AtomicU8 = AtomicU8::new(0);
/// From `init()` to the shutdown.
const IN_USE: u8 = 1;
/// From the first time on that a context carried one.
const CARRIED: u8 = 2;
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
        failures: Option<Arc<dyn FailureSink>>,
    ) -> Arc<Self> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self {
            id,
            instruments,
            tracer,
            spans,
            propagator,
            clock,
            failures,
            unreadable_job_told: AtomicBool::new(false),
        })
    }

    /// `context` with this scope in it: calls made under it record here.
    pub(crate) fn carry(self: &Arc<Self>, context: &Context) -> Context {
        if PLACES.load(Ordering::Relaxed) & CARRIED == 0 {
            PLACES.fetch_or(CARRIED, Ordering::Relaxed);
        }
        context.with_value(Carried(Arc::clone(self)))
    }

    /// `context` as it is if calls under it record here anyway, or else with this scope in it.
    pub(crate) fn within(self: &Arc<Self>, context: Context) -> Context {
        let is_here = match context.get::<Carried>() {
            Some(carried) => carried.0.id == self.id,
            None => self.is_installed(),
        };
        if is_here {
            context
        } else {
            self.carry(&context)
        }
    }

    /// The context of a span that begins below `parent`. Where none is made, as after the shutdown, its place is `parent`'s:
    /// others' traces go on through this process.
    pub(crate) fn below(self: &Arc<Self>, parent: &Context, builder: SpanBuilder) -> Context {
        let span = self.tracer.build_with_context(builder, parent);
        let context = if span.span_context().is_valid() {
            parent.with_span(span)
        } else {
            parent.with_remote_span_context(parent.span().span_context().clone())
        };
        self.within(context)
    }

    /// Whether this is the scope installed for the whole process.
    pub(crate) fn is_installed(&self) -> bool {
        installed().is_some_and(|installed| installed.id == self.id)
    }
}

/// Where calls are recorded, as far as one look tells.
pub(crate) enum Recorded {
    /// Nowhere.
    Nowhere,
    /// All in the installed telemetry.
    Installed,
    /// As the context of each says.
    ByContext,
}

/// Where calls are recorded at present.
#[inline]
pub(crate) fn recorded() -> Recorded {
    match PLACES.load(Ordering::Relaxed) {
        IN_USE => Recorded::Installed,
        0 => Recorded::Nowhere,
        _ => Recorded::ByContext,
    }
}

/// The scope of the present call: carried by the current context, or else the installed one.
pub(crate) fn current() -> Option<Current> {
    if PLACES.load(Ordering::Relaxed) & CARRIED != 0
        && let Some(scope) = carried()
    {
        return Some(Current::Carried(scope));
    }
    installed().map(Current::Installed)
}

fn carried() -> Option<Arc<Scope>> {
    here::current(|here| here.get::<Carried>().map(|carried| carried.0.clone())).flatten()
}

fn installed() -> Option<&'static Scope> {
    if PLACES.load(Ordering::Relaxed) & IN_USE == 0 {
        return None;
    }
    INSTALLED.get().map(|scope| &**scope)
}

/// Makes `scope` the process-wide one; a process has one in its life.
pub(crate) fn install(scope: Arc<Scope>) {
    if INSTALLED.set(scope).is_ok() {
        PLACES.fetch_or(IN_USE, Ordering::Relaxed);
    }
}

/// Leaves the process without a telemetry.
pub(crate) fn uninstall() {
    PLACES.fetch_and(!IN_USE, Ordering::Relaxed);
}
