//! Which of several copies of a thing a thread uses, so that threads do not wait for each other.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

/// The most copies there are.
const MOST: usize = 8;

static COUNT: LazyLock<usize> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, usize::from);
    cores.next_power_of_two().min(MOST)
});

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static OWN: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// How many copies there are: a power of two, about as many as threads run at a time.
pub(crate) fn count() -> usize {
    *COUNT
}

/// This thread's number, of which the copy is the remainder by their count.
#[inline]
pub(crate) fn own() -> usize {
    OWN.with(|own| match own.get() {
        usize::MAX => number(own),
        number => number,
    })
}

#[cold]
fn number(own: &Cell<usize>) -> usize {
    own.set(NEXT.fetch_add(1, Ordering::Relaxed));
    own.get()
}
