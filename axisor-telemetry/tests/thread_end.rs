//! Calls by destructors of a thread, which has no context any more: a process of its own, which a panic there would end.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::thread;

use axisor_telemetry::{Telemetry, instrument_automation};

#[instrument_automation(type = "last_words")]
fn last_words() {
    tracing::info!("the thread ends");
}

#[instrument_automation(type = "pending", on_cancel = "failure", in_flight)]
async fn pending() {
    std::future::pending::<()>().await;
}

/// What a thread keeps until it ends.
struct Kept(Option<Pin<Box<dyn Future<Output = ()>>>>);

impl Drop for Kept {
    fn drop(&mut self) {
        last_words();
        self.0 = None;
    }
}

thread_local! {
    static KEPT: RefCell<Kept> = const { RefCell::new(Kept(None)) };
}

#[test]
fn they_are_counted_and_end_nothing_but_themselves() {
    let telemetry = Telemetry::builder("test")
        .without_environment()
        .set("logging.level", "warn")
        .set("traces.exporter", "console")
        .init()
        .expect("the first");
    let thread = thread::spawn(|| {
        // Known before the context is, and so destroyed after it.
        KEPT.with_borrow_mut(|kept| kept.0 = Some(Box::pin(pending())));
        KEPT.with_borrow_mut(|kept| {
            let future = kept.0.as_mut().expect("just kept");
            let polled = future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        });
    });
    thread.join().expect("no panic");
    let page = telemetry.exposition().expect("nothing here panics");
    for line in [
        "axisor_automation_executions_total{automation_type=\"last_words\",status=\"success\"} 1",
        "axisor_automation_executions_total{automation_type=\"pending\",status=\"failure\"} 1",
        "axisor_automations_in_flight{automation_type=\"pending\"} 0",
    ] {
        assert!(
            page.lines().any(|found| found == line),
            "no {line} in\n{page}"
        );
    }
}
