//! Random programs of nested, recursive, concurrent, cancelled and panicking calls: each that started is counted once, or
//! skipped where its attribute says so.

use std::collections::HashMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::Poll;

use axisor_telemetry::testing::{TestSpan, TestTelemetry};
use axisor_telemetry::{Telemetry, instrument_automation};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt as _};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::recorded::attribute;
use crate::seen::{until, value};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(4).enable_time().build().unwrap()
});

/// One call: how it waits, what it calls, how it ends.
#[derive(Debug, Clone)]
struct Call {
    form: Form,
    waits: u8,
    calls: Vec<Call>,
    spawns: Vec<Call>,
    ending: Ending,
    /// Its caller drops it after so many polls.
    polls: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Plain,
    Async,
    Boxed,
    Opaque,
    Skipping,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ending {
    Ok,
    Err,
    Panic,
}

impl Ending {
    fn now(self) -> Result<(), &'static str> {
        match self {
            Self::Ok => Ok(()),
            Self::Err => Err("failed"),
            Self::Panic => resume_unwind(Box::new("panicked")), // without the hook's message
        }
    }
}

/// What a call is given: its caller's span, and where to say what it saw.
#[derive(Clone)]
struct Seen {
    telemetry: Telemetry,
    caller: SpanId,
    parents: Arc<Mutex<HashMap<SpanId, SpanId>>>,
    running: Arc<()>,
}

impl Seen {
    /// Says that a call has started, and gives what its own calls are given.
    fn started(&self) -> Self {
        let own = current_span();
        let before = self.parents.lock().unwrap().insert(own, self.caller);
        assert_eq!(before, None, "a call has a span of its own");
        Self {
            caller: own,
            ..self.clone()
        }
    }
}

fn current_span() -> SpanId {
    Context::map_current(|context| context.span().span_context().span_id())
}

#[instrument_automation(type = "program", duration, in_flight)]
fn plain(call: &Call, seen: &Seen) -> Result<(), &'static str> {
    let seen = seen.started();
    for inner in &call.calls {
        let caught = catch_unwind(AssertUnwindSafe(|| plain(inner, &seen)));
        if caught.is_err() && inner.waits > 1 {
            resume_unwind(Box::new("passed on"));
        }
    }
    call.ending.now()
}

#[instrument_automation(type = "program", duration, in_flight)]
async fn in_async(call: Call, seen: Seen) -> Result<(), &'static str> {
    body(call, seen).await
}

#[instrument_automation(type = "program", duration, in_flight)]
fn boxed(call: Call, seen: Seen) -> Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send>> {
    Box::pin(async move { body(call, seen).await })
}

#[instrument_automation(type = "program", duration, in_flight)]
fn opaque(call: Call, seen: Seen) -> impl Future<Output = Result<(), &'static str>> + Send {
    async move { body(call, seen).await }
}

#[instrument_automation(type = "skipping", on_cancel = "skip", duration, in_flight)]
async fn skipping(call: Call, seen: Seen) -> Result<(), &'static str> {
    body(call, seen).await
}

async fn body(call: Call, seen: Seen) -> Result<(), &'static str> {
    let seen = seen.started();
    let spawned: Vec<_> = call
        .spawns
        .into_iter()
        .map(|inner| spawn(inner, seen.clone()))
        .collect();
    for _ in 0..call.waits {
        tokio::task::yield_now().await;
        assert_eq!(
            current_span(),
            seen.caller,
            "the context is there after each wait"
        );
    }
    join_all(call.calls.into_iter().map(|inner| run(inner, seen.clone()))).await;
    join_all(spawned).await;
    call.ending.now()
}

fn spawn(call: Call, seen: Seen) -> tokio::task::JoinHandle<()> {
    let running = Arc::clone(&seen.running);
    let work = seen.telemetry.clone().scope(run(call, seen));
    tokio::spawn(async move {
        work.await;
        drop(running);
    })
}

/// Runs a call as its caller wants it: whole, or dropped after some polls. Its panic ends here.
fn run(call: Call, seen: Seen) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let polls = call.polls;
        let work: Pin<Box<dyn Future<Output = _> + Send>> = match call.form {
            Form::Plain => Box::pin(async move { plain(&call, &seen) }),
            Form::Async => Box::pin(in_async(call, seen)),
            Form::Boxed => boxed(call, seen),
            Form::Opaque => Box::pin(opaque(call, seen)),
            Form::Skipping => Box::pin(skipping(call, seen)),
        };
        let mut work = AssertUnwindSafe(work).catch_unwind();
        let mut left = polls.unwrap_or(u32::MAX);
        poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            match work.poll_unpin(cx) {
                Poll::Pending if left > 0 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    })
}

fn calls() -> impl Strategy<Value = Call> {
    let form = prop_oneof![
        Just(Form::Plain),
        Just(Form::Async),
        Just(Form::Boxed),
        Just(Form::Opaque),
        Just(Form::Skipping)
    ];
    let ending =
        prop_oneof![4 => Just(Ending::Ok), 2 => Just(Ending::Err), 1 => Just(Ending::Panic)];
    let polls = prop_oneof![3 => Just(None), 1 => (0_u32..4).prop_map(Some)];
    let leaf = (form, 0_u8..4, ending, polls).prop_map(|(form, waits, ending, polls)| Call {
        form,
        waits,
        calls: Vec::new(),
        spawns: Vec::new(),
        ending,
        polls,
    });
    leaf.clone().prop_recursive(4, 24, 4, move |inner| {
        let some = prop::collection::vec(inner, 0..4);
        (leaf.clone(), some.clone(), some).prop_map(|(call, calls, spawns)| Call {
            calls,
            spawns,
            ..call
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_call_that_started_is_counted_once_and_its_span_ends_under_its_caller(call in calls()) {
        let telemetry = TestTelemetry::new();
        let seen = Seen {
            telemetry: Telemetry::clone(&telemetry),
            caller: SpanId::INVALID,
            parents: Arc::default(),
            running: Arc::default(),
        };
        let (parents, running) = (Arc::clone(&seen.parents), Arc::clone(&seen.running));
        RUNTIME.block_on(async {
            telemetry.scope(run(call, seen)).await;
            until("every spawned call is over", || Arc::strong_count(&running) == 1).await;
        });

        let parents = parents.lock().unwrap();
        let spans = telemetry.spans();
        let ended: HashMap<_, _> = spans
            .iter()
            .map(|span| (span.span_context.span_id(), span.parent_span_id))
            .collect();
        prop_assert_eq!(spans.len(), parents.len(), "every span ends once");
        prop_assert_eq!(&ended, &*parents);
        let of = |automation_type: &str, outcomes: &[&str]| {
            let with = |span: &TestSpan, key, values: &[&str]| {
                attribute(span, key).is_some_and(|value| values.contains(&value.as_str()))
            };
            let spans = spans.iter().filter(|span| {
                with(span, "axisor.automation.type", &[automation_type])
                    && with(span, "axisor.outcome", outcomes)
            });
            spans.count()
        };
        let counts = |automation_type| Counts::of(&telemetry, automation_type);
        prop_assert_eq!(counts("program"), Counts {
            success: of("program", &["success"]),
            failure: of("program", &["failure", "panic", "cancelled"]),
        });
        prop_assert_eq!(counts("skipping"), Counts {
            success: of("skipping", &["success"]),
            failure: of("skipping", &["failure", "panic"]),
        });
        for gauge in telemetry.series().family("axisor_automations_in_flight") {
            prop_assert!(gauge.ends_with(" 0"), "{gauge}");
        }
    }
}

/// How often calls were counted and, it is asserted, timed.
#[derive(Debug, PartialEq)]
struct Counts {
    success: usize,
    failure: usize,
}

impl Counts {
    fn of(telemetry: &TestTelemetry, automation_type: &str) -> Self {
        let value = |name: &str, status: &str| {
            let labels = [("automation_type", automation_type), ("status", status)];
            value(telemetry, name, &labels).unwrap_or_default()
        };
        let count = |status| {
            let counted = value("axisor_automation_executions_total", status);
            let timed = value("axisor_automation_duration_seconds_count", status);
            assert!((counted - timed).abs() < 0.5, "{timed} timed of {counted}");
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count"
            )]
            let counted = counted as usize;
            counted
        };
        Self {
            success: count("success"),
            failure: count("failure"),
        }
    }
}
