//! Calls of the installed telemetry that carry nothing but their beginning: a process of its own, one test.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use axisor_telemetry::{Clock, Telemetry, instrument_automation, track_margin_guard};

const THREADS: usize = 8;
const ROUNDS: usize = 1_000;

#[instrument_automation(type = "plain")]
fn plain(round: usize) -> bool {
    round.is_multiple_of(2)
}

#[instrument_automation(type = "timed", duration(buckets = [1.0, 2.0]))]
fn timed(clock: &Clock, took: Duration) -> Option<()> {
    clock.advance(took);
    (took < Duration::from_secs(2)).then_some(())
}

#[instrument_automation(type = "panics")]
fn panics() {
    resume_unwind(Box::new("panicked")); // without the hook's message
}

#[instrument_automation(type = "later")]
async fn later(waits: bool) -> Result<(), &'static str> {
    if waits {
        std::future::pending::<()>().await;
    }
    Err("failed")
}

#[instrument_automation(type = "skipped", on_cancel = "skip")]
async fn skipped() {
    std::future::pending::<()>().await;
}

#[track_margin_guard(action = "add_margin", plan = "pro")]
fn guard(sats: u64) -> Option<u64> {
    sats.checked_sub(1)
}

#[track_margin_guard(action = "reduce", plan = "pro", count = "always")]
fn always(sats: u64) -> Option<u64> {
    sats.checked_sub(1)
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn round(round: usize) {
    plain(round);
    catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
    assert!(poll(later(false)).is_ready());
    assert!(poll(later(true)).is_pending());
    assert!(poll(skipped()).is_pending());
    drop(later(false));
    guard(u64::from(round.is_multiple_of(2)));
    always(u64::from(round.is_multiple_of(2)));
}

#[test]
fn calls_of_many_threads_are_each_counted_once_however_they_end() {
    let clock = Clock::manual();
    let guard = Telemetry::builder("test")
        .without_environment()
        .set("logging.level", "off")
        .set("traces.level", "off")
        .clock(clock.clone())
        .init()
        .unwrap();
    thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| (0..ROUNDS).for_each(round));
        }
    });
    for seconds in [1, 1, 2, 9] {
        timed(&clock, Duration::from_secs(seconds));
    }

    let page = guard.exposition().unwrap();
    let all = THREADS * ROUNDS;
    let half = all / 2;
    let execution = |kind: &str, status: &str, count: usize| {
        format!(
            "axisor_automation_executions_total{{automation_type=\"{kind}\",status=\"{status}\"}} {count}\n"
        )
    };
    let action = |action: &str, count: usize| {
        format!(
            "axisor_margin_guard_actions_total{{action_type=\"{action}\",user_plan=\"pro\"}} {count}\n"
        )
    };
    let duration = |sample: &str, status: &str, bound: &str, value: &str| {
        let labels = format!("automation_type=\"timed\",status=\"{status}\"{bound}");
        format!("axisor_automation_duration_seconds_{sample}{{{labels}}} {value}\n")
    };
    for expected in [
        execution("plain", "success", half),
        execution("plain", "failure", half),
        execution("panics", "failure", all),
        execution("later", "failure", 2 * all),
        action("add_margin", half),
        action("reduce", all),
        execution("timed", "success", 2),
        execution("timed", "failure", 2),
        duration("bucket", "success", ",le=\"1\"", "2"),
        duration("bucket", "failure", ",le=\"1\"", "0"),
        duration("bucket", "failure", ",le=\"2\"", "1"),
        duration("bucket", "failure", ",le=\"+Inf\"", "2"),
        duration("sum", "failure", "", "11"),
    ] {
        assert!(page.contains(&expected), "{expected} is not in\n{page}");
    }
    for absent in [
        "\"skipped\"",
        "le=\"0.5\",automation",
        "status=\"cancelled\"",
    ] {
        assert!(!page.contains(absent), "{absent} is in\n{page}");
    }

    guard.shutdown(Duration::from_secs(5)).unwrap();
    round(0); // nobody counts, and nothing breaks
}
