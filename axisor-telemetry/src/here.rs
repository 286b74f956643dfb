//! The current context. A thread that ends has none any more, and OpenTelemetry panics when it is asked for; that may be in
//! a destructor of the thread, where a panic ends the process.

use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::{Context, ContextGuard};

/// What `look` sees in the current context; `None` if the thread has none any more.
pub(crate) fn current<R>(look: impl FnOnce(&Context) -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(|| Context::map_current(look))).ok()
}

/// Makes `context` the current one until the guard is dropped.
pub(crate) fn attach(context: Context) -> Option<ContextGuard> {
    catch_unwind(AssertUnwindSafe(|| context.attach())).ok()
}
