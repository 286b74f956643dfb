//! One queue, as its producers and workers have it.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{FutureExt as _, SpanKind};
use opentelemetry_semantic_conventions::attribute::{
    MESSAGING_OPERATION_NAME, MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM,
};

use super::JobCarrier;
use crate::call::{Opening, Polled, Running, Site, Spec};
use crate::catalog::JOB_BUCKETS;
use crate::judge::Shown;
use crate::label::{self, LabelValue};
use crate::record::Recorder;
use crate::scope::Scope;

/// The span attribute of the attempt's number; the conventions have none for all systems.
const ATTEMPT: &str = "axisor.job.attempt";
/// The span attribute of how long the job had waited.
const WAITED: &str = "axisor.job.wait_seconds";

const SEND: &str = "send";
const PROCESS: &str = "process";
/// What `traces.level` knows these spans by.
const TARGET: &str = "axisor_telemetry::jobs";

static SENDING: Site = Site::new(Spec {
    kind: SpanKind::Producer,
    ..Spec::without_function(Recorder::JobSent, SEND, TARGET)
});

static PROCESSING: Site = Site::new(Spec {
    kind: SpanKind::Consumer,
    names_parent: true,
    duration: Some(JOB_BUCKETS),
    in_flight: true,
    ..Spec::without_function(Recorder::JobAttempt, PROCESS, TARGET)
});

/// One queue of one telemetry, made by [`Telemetry::queue`](crate::Telemetry::queue): a handle to keep, and to clone.
#[derive(Clone)]
#[must_use = "records nothing by itself: call `send` or `process`"]
pub struct Queue {
    scope: Arc<Scope>,
    name: Name,
    system: Option<&'static str>,
}

/// A queue's name: borrowed if it stands in the code.
#[derive(Debug, Clone)]
struct Name(Cow<'static, str>);

impl LabelValue for Name {
    fn label(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }

    fn known(&self) -> Option<&'static str> {
        match self.0 {
            Cow::Borrowed(known) => Some(known),
            Cow::Owned(_) => None,
        }
    }
}

impl Queue {
    pub(crate) fn new(scope: Arc<Scope>, name: &impl LabelValue) -> Self {
        Self {
            scope,
            name: Name(label::kept(name)),
            system: None,
        }
    }

    /// Says what the queue is kept in, such as `kafka`, `rabbitmq` or `redis`: the spans' `messaging.system`.
    pub fn system(mut self, system: &'static str) -> Self {
        self.system = Some(system);
        self
    }

    /// What is to go beside the payload of a job that is enqueued now and belongs to the current span.
    ///
    /// For jobs that are not sent one by one. [`send`](Self::send) counts, and gives the job a span to belong to.
    #[must_use = "it is to go beside the job's payload"]
    pub fn carrier(&self) -> JobCarrier {
        JobCarrier::here(&*self.scope.propagator, self.scope.clock.time_of_day())
    }

    /// Runs `send` as a producer span `send {queue}`, with the carrier to put beside the payload.
    ///
    /// Counts one job handed to the queue. `Err`, a panic and a dropped future are failures, as for an
    /// [annotated function](macro@crate::instrument_automation).
    ///
    /// # Errors
    /// What `send` returns.
    pub async fn send<T, E, S>(&self, send: impl FnOnce(JobCarrier) -> S) -> Result<T, E>
    where
        S: Future<Output = Result<T, E>>,
        E: Display,
    {
        let sending = async {
            let mut call = Polled::begin_with(&SENDING, |opening| self.open(opening, SEND));
            let returned = call.polls(async { send(self.carrier()).await }).await;
            call.end(Shown, &returned);
            returned
        };
        sending.with_context(self.context()).await
    }

    /// Runs `work` as one attempt at the job that `carrier` came with: a consumer span `process {queue}`, which goes on with the
    /// trace of the job's producer and says the attempt's number (`axisor.job.attempt`) and how long the job had
    /// waited (`axisor.job.wait_seconds`).
    ///
    /// The attempt begins with the first poll and ends exactly once. `Err`, a panic and a dropped future are failures, as
    /// for an [annotated function](macro@crate::instrument_automation). Whether the job is tried again is for you or
    /// the broker to say: [`JobCarrier::again`], [`JobCarrier::with_attempt`].
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn process<T, E, W>(&self, carrier: &JobCarrier, work: W) -> Result<T, E>
    where
        W: Future<Output = Result<T, E>>,
        E: Display,
    {
        let processing = async {
            let mut call = Polled::begin_with(&PROCESSING, self.attempt(carrier));
            let returned = call.polls(work).await;
            call.end(Shown, &returned);
            returned
        };
        processing.with_context(self.context()).await
    }

    /// As [`process`](Self::process), on the present thread.
    ///
    /// # Errors
    /// What `work` returns.
    pub fn process_blocking<T, E: Display>(
        &self,
        carrier: &JobCarrier,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let _here = self.context().attach();
        let call = Running::begin_with(&PROCESSING, self.attempt(carrier));
        let returned = work();
        call.end(Shown, &returned);
        returned
    }

    /// The current context, in which calls are recorded by this queue's telemetry.
    fn context(&self) -> Context {
        self.scope.within(Context::current())
    }

    /// Records what is known of an attempt that begins now; returns what gives its labels and span.
    fn attempt(&self, carrier: &JobCarrier) -> impl FnOnce(&mut Opening<'_>) {
        let waited = self.record(carrier);
        move |opening| {
            self.open(opening, PROCESS);
            if opening.wants_span() {
                opening.parent(carrier);
                opening.field(ATTEMPT, &carrier.attempt());
                opening.field(WAITED, &waited.map(|waited| waited.as_secs_f64()));
            }
        }
    }

    /// What both spans have, after <https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/>.
    fn open(&self, opening: &mut Opening<'_>, operation: &'static str) {
        opening.label(0, &self.name);
        if opening.wants_span() {
            opening.name(format!("{operation} {}", self.name.0));
            opening.field(MESSAGING_OPERATION_NAME, operation);
            opening.field(MESSAGING_OPERATION_TYPE, operation);
            opening.field(MESSAGING_SYSTEM, &self.system);
        }
    }

    /// What is known of an attempt before it begins; returns how long the job has waited.
    fn record(&self, carrier: &JobCarrier) -> Option<Duration> {
        let instruments = &self.scope.instruments;
        let waited = carrier.waited_until(self.scope.clock.time_of_day());
        if let Some(waited) = waited {
            let wait = instruments.worker_job_wait.of([&self.name]);
            wait.record(waited.as_secs_f64());
        }
        if carrier.attempt() > 1 {
            instruments.worker_job_retries.of([&self.name]).add(1);
        }
        if carrier.is_unreadable() {
            let unreadable = &instruments.worker_job_carriers_unreadable;
            unreadable.of([&self.name]).add(1);
            self.tell_unreadable();
        }
        waited
    }

    fn tell_unreadable(&self) {
        if !self.scope.unreadable_job_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                queue = &*self.name.0,
                "a job's carrier cannot be read: its trace begins anew; further ones are only counted"
            );
        }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("name", &self.name.0)
            .field("system", &self.system)
            .finish_non_exhaustive()
    }
}
