//! The sampled spans that a histogram's buckets lead to.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use opentelemetry::trace::SpanContext;

use crate::clock::unix_nanos;

/// The newest sampled span of each bucket; no room is taken before the first one.
#[derive(Default)]
pub(super) struct Exemplars(OnceLock<Box<[Mutex<Option<Exemplar>>]>>);

/// One observation, and the span it was made in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exemplar {
    pub(super) value: f64,
    pub(super) unix_nanos: u64,
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
}

impl Exemplars {
    /// Makes an observation its bucket's exemplar, unless another thread is just doing that: nobody waits.
    pub(super) fn keep(&self, bucket: usize, buckets: usize, exemplar: Exemplar) {
        let none = || (0..buckets).map(|_| Mutex::default()).collect();
        let slot = self.0.get_or_init(none).get(bucket);
        if let Some(Ok(mut slot)) = slot.map(Mutex::try_lock) {
            *slot = Some(exemplar);
        }
    }

    /// Those there are, in the order of their buckets.
    pub(super) fn read(&self) -> Vec<Exemplar> {
        let slots = self.0.get().into_iter().flatten();
        let read = |slot: &Mutex<_>| *slot.lock().unwrap_or_else(PoisonError::into_inner);
        slots.filter_map(read).collect()
    }
}

impl Exemplar {
    /// An observation made in `span` just now.
    pub(super) fn new(value: f64, span: &SpanContext) -> Self {
        Self {
            value,
            unix_nanos: unix_nanos(SystemTime::now()),
            trace_id: span.trace_id().to_bytes(),
            span_id: span.span_id().to_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exemplar(value: f64) -> Exemplar {
        Exemplar::new(value, &SpanContext::NONE)
    }

    #[test]
    fn nobody_waits_for_a_bucket_that_is_being_read() {
        let exemplars = Exemplars::default();
        exemplars.keep(0, 2, exemplar(0.5));
        let slots = exemplars.0.get().expect("slots");
        let reading = slots[0].lock().expect("not poisoned");
        exemplars.keep(0, 2, exemplar(0.7));
        exemplars.keep(1, 2, exemplar(3.0));
        drop(reading);
        let kept = exemplars.read().into_iter().map(|exemplar| exemplar.value);
        assert_eq!(kept.collect::<Vec<_>>(), [0.5, 3.0]);
    }

    #[test]
    fn there_are_no_more_of_them_than_buckets_and_of_their_size() {
        let exemplars = Exemplars::default();
        for value in 0..100 {
            exemplars.keep(value % 3, 3, exemplar(1.0));
        }
        assert_eq!(exemplars.read().len(), 3);
        assert!(size_of::<Mutex<Option<Exemplar>>>() <= 56);
    }
}
