//! Worker queues.

use std::fmt;
use std::sync::Arc;

use crate::label::LabelValue;
use crate::scope::Scope;

/// Records the length of worker queues in `axisor_worker_queue_size`.
#[derive(Clone)]
#[must_use = "records nothing by itself: call `set_size`"]
pub struct Queues(Arc<Scope>);

impl Queues {
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        Self(scope)
    }

    /// Says how many jobs wait in `queue` now, all producers' and for all workers. A [poll](crate::poll::Polled::QueueSize)
    /// says it at intervals.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 jobs")]
    pub fn set_size(&self, queue: impl LabelValue, jobs: usize) {
        self.0
            .instruments
            .worker_queue_size
            .of([&queue])
            .set(jobs as f64);
    }
}

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queues").finish_non_exhaustive()
    }
}
