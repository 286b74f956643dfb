//! What the compared programs have in common.

mod recorder;

use std::fmt;
use std::future::poll_fn;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

/// The error of the compared functions.
#[derive(Debug)]
pub struct Missing;

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("missing")
    }
}

impl std::error::Error for Missing {}

/// What was seen of the one call of a program.
pub(crate) struct Seen {
    /// Under which outcome the call was counted, where calls are counted.
    counted: Option<Option<String>>,
    /// What its span says of the outcome, if there is a span, where there are spans.
    span: Option<Option<String>>,
}

static WORKED: AtomicBool = AtomicBool::new(false);
static WITHIN: AtomicBool = AtomicBool::new(false);

/// Makes the call, and prints what was seen of it.
pub fn record(call: impl FnOnce()) {
    println!("{}", recorder::record(call).sentence());
}

/// The work of a compared function, which is to lie within the call.
pub fn work() {
    WORKED.store(true, Ordering::Relaxed);
    WITHIN.store(recorder::is_within_the_call(), Ordering::Relaxed);
}

/// Waits until it is polled again.
pub async fn wait() {
    let mut waited = false;
    poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// Polls `future` to its end.
pub fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = poll(future.as_mut()) {
            return value;
        }
    }
}

/// Polls `future` once and drops it.
pub fn abandon<T>(future: impl Future<Output = T>) {
    let mut future = pin!(future);
    assert!(poll(future.as_mut()).is_pending());
}

fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs `function`, which panics, and goes on.
pub fn survive<T>(function: impl FnOnce() -> T) {
    panic::set_hook(Box::new(|_| {}));
    assert!(panic::catch_unwind(AssertUnwindSafe(function)).is_err());
    drop(panic::take_hook());
}

impl Seen {
    fn sentence(&self) -> String {
        let mut said = Vec::new();
        if let Some(counted) = &self.counted {
            let outcome = counted.as_deref().unwrap_or("nothing");
            said.push(format!("counts {outcome}"));
        }
        if let Some(span) = &self.span {
            said.push(span.clone().unwrap_or_else(|| "no span".to_owned()));
        }
        if WORKED.load(Ordering::Relaxed) && !WITHIN.load(Ordering::Relaxed) {
            said.push("over before the work begins".to_owned());
        }
        said.join("; ")
    }
}
