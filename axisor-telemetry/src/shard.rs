//! Several copies of a thing, of which each thread uses one, so that threads do not wait for each other.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Threads beyond these share a copy, which costs them time and nothing else.
const MOST: usize = 8;

static COUNT: LazyLock<usize> = LazyLock::new(|| {
    let threads = std::thread::available_parallelism().map_or(MOST, usize::from);
    threads.next_power_of_two().min(MOST)
});

thread_local! {
    /// The copy this thread uses: none before its first time.
    static OWN: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// As many copies as threads run at a time.
pub(crate) fn copies<T, S: FromIterator<T>>(mut make: impl FnMut() -> T) -> S {
    (0..*COUNT).map(|_| make()).collect()
}

/// Does something with this thread's copy of those made by [`copies`].
#[inline]
pub(crate) fn with_own<T, R>(copies: &[T], with: impl FnOnce(&T) -> R) -> R {
    match copies.get(OWN.get()) {
        Some(own) => with(own),
        None => with_chosen(copies, with),
    }
}

/// A thread's first time.
#[cold]
#[inline(never)]
fn with_chosen<T, R>(copies: &[T], with: impl FnOnce(&T) -> R) -> R {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let own = NEXT.fetch_add(1, Relaxed) % *COUNT;
    OWN.set(own);
    with(&copies[own])
}
