//! The cells in which the numbers of a series are kept: written by many threads at once, read by a collection.
//!
//! Counts lie in lines of the processor's cache, a shard of lines for each of up to eight threads, so that threads
//! that count the same thing do not wait for each other. A reader adds the shards up. A cell takes, beside the text
//! of its labels:
//!
//! | cell | bytes, with N shards | on two processors, on eight or more |
//! |---|---|---|
//! | [`CounterCell`] | 64 (N + 1) | 192, 576 |
//! | [`HistogramCell`] of up to 6 bounds | 80 N + 48 | 208, 688 |
//! | [`HistogramCell`] of up to 14 bounds, custom ones' default too | 144 N + 48 | 336, 1 200 |
//! | [`SumCell`], [`GaugeCell`] | 128 | 128, 128 |
//!
//! A histogram that was recorded in a sampled span takes 56 bytes more for each bucket, for its exemplar.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use opentelemetry::trace::SpanContext;

use super::exemplars::{Exemplar, Exemplars};
use crate::shard;

/// A count of what is whole.
#[derive(Clone)]
pub(crate) struct CounterCell(Arc<[Line]>);

impl CounterCell {
    pub(super) fn new() -> Self {
        Self(shard::copies(Line::default))
    }

    #[inline]
    pub(crate) fn add(&self, by: u64) {
        shard::with_own(&self.0, move |line| line.first().fetch_add(by, Relaxed));
    }

    pub(super) fn read(&self) -> u64 {
        self.0.iter().map(|line| line.first().load(Relaxed)).sum()
    }
}

/// A sum of fractions, the same as if one thread had added them: additions of fractions depend on their order, so
/// it is not spread over shards.
#[derive(Clone, Default)]
pub(crate) struct SumCell(Arc<Line>);

impl SumCell {
    #[inline]
    pub(crate) fn add(&self, by: f64) {
        add(self.0.first(), by);
    }

    pub(super) fn read(&self) -> f64 {
        f64::from_bits(self.0.first().load(Relaxed))
    }
}

/// A value that goes up and down; infinities and what is no number are values like others.
#[derive(Clone, Default)]
pub(crate) struct GaugeCell(Arc<Line>);

impl GaugeCell {
    #[inline]
    pub(crate) fn set(&self, value: f64) {
        self.0.first().store(value.to_bits(), Relaxed);
    }

    /// Loses nothing when several threads do it at once.
    #[inline]
    pub(crate) fn add(&self, by: f64) {
        add(self.0.first(), by);
    }

    pub(super) fn read(&self) -> f64 {
        f64::from_bits(self.0.first().load(Relaxed))
    }
}

/// Observations, counted by the upper bounds they do not exceed.
#[derive(Clone)]
pub(crate) struct HistogramCell(Arc<Distribution>);

struct Distribution {
    bounds: Arc<[f64]>,
    /// The sum's slot, and then one for each bucket.
    shards: Box<[Box<[Line]>]>,
    exemplars: Exemplars,
}

/// What a histogram holds. There is no count beside those of the buckets, so that it is always their sum.
#[derive(Debug, PartialEq)]
pub(super) struct Distributed {
    pub(super) bounds: Arc<[f64]>,
    /// One more than there are bounds: the last is of what exceeds them all.
    pub(super) counts: Vec<u64>,
    pub(super) sum: f64,
    /// At most one for each bucket.
    pub(super) exemplars: Vec<Exemplar>,
}

impl HistogramCell {
    pub(super) fn new(bounds: Arc<[f64]>) -> Self {
        let lines = (bounds.len() + 2).div_ceil(SLOTS);
        let shard = || (0..lines).map(|_| Line::default()).collect();
        let shards = shard::copies(shard);
        Self(Arc::new(Distribution {
            bounds,
            shards,
            exemplars: Exemplars::default(),
        }))
    }

    #[inline]
    pub(crate) fn record(&self, value: f64) {
        shard::with_own(&self.0.shards, |shard| {
            slot(shard, 1 + bucket(&self.0.bounds, value)).fetch_add(1, Relaxed);
            add(slot(shard, 0), value);
        });
    }

    /// As [`record`](Self::record); the span, if there is one, is where the bucket leads to from now on.
    #[inline]
    pub(crate) fn record_in(&self, span: Option<&SpanContext>, value: f64) {
        self.record(value);
        if let Some(span) = span {
            self.exemplify(span, value);
        }
    }

    #[inline(never)]
    fn exemplify(&self, span: &SpanContext, value: f64) {
        let Distribution {
            bounds, exemplars, ..
        } = &*self.0;
        let exemplar = Exemplar::new(value, span);
        exemplars.keep(bucket(bounds, value), bounds.len() + 1, exemplar);
    }

    pub(super) fn bounds(&self) -> &[f64] {
        &self.0.bounds
    }

    pub(super) fn read(&self) -> Distributed {
        let Distribution {
            bounds,
            shards,
            exemplars,
        } = &*self.0;
        let exemplars = exemplars.read(); // first, so that each is of an observation that is counted
        let total = |bucket| -> u64 {
            let counts = shards.iter().map(|shard| slot(shard, 1 + bucket));
            counts.map(|count| count.load(Relaxed)).sum()
        };
        let sums = shards.iter().map(|shard| slot(shard, 0).load(Relaxed));
        Distributed {
            bounds: Arc::clone(bounds),
            counts: (0..=bounds.len()).map(total).collect(),
            sum: sums.map(f64::from_bits).sum(),
            exemplars,
        }
    }
}

/// The first bucket whose upper bound `value` does not exceed; the last one, which has no bound, if there is none.
#[inline]
fn bucket(bounds: &[f64], value: f64) -> usize {
    let fits = |bound: &f64| value <= *bound;
    bounds.iter().position(fits).unwrap_or(bounds.len())
}

#[inline]
fn add(sum: &AtomicU64, by: f64) {
    let add = |bits| Some((f64::from_bits(bits) + by).to_bits());
    let _always = sum.fetch_update(Relaxed, Relaxed, add);
}

const SLOTS: usize = 8;

/// As much as a processor takes from the others when it writes.
#[derive(Default)]
#[repr(align(64))]
struct Line([AtomicU64; SLOTS]);

impl Line {
    #[inline]
    fn first(&self) -> &AtomicU64 {
        &self.0[0]
    }
}

#[inline]
fn slot(lines: &[Line], index: usize) -> &AtomicU64 {
    &lines[index / SLOTS].0[index % SLOTS]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::AtomicBool;
    use std::thread::{self, ScopedJoinHandle};

    const THREADS: u32 = 8;
    const EACH: u32 = 20_000;

    /// Lets eight threads write while a ninth reads, and returns what is read when they are done.
    fn hammer<R: Send>(write: impl Fn(u32) + Sync, mut read: impl FnMut() -> R + Send) -> R {
        let over = AtomicBool::new(false);
        thread::scope(|threads| {
            let reader = threads.spawn(|| {
                while !over.load(Relaxed) {
                    read();
                }
                read()
            });
            let write = || (0..EACH).for_each(&write);
            let writers: Vec<_> = (0..THREADS).map(|_| threads.spawn(write)).collect();
            let written: Vec<_> = writers.into_iter().map(ScopedJoinHandle::join).collect();
            over.store(true, Relaxed);
            assert!(written.iter().all(Result::is_ok));
            reader.join().expect("a reader that does not fail")
        })
    }

    #[test]
    fn counts_of_eight_threads_add_up_and_never_fall() {
        let counter = CounterCell::new();
        let mut before = 0;
        let read = || {
            let count = counter.read();
            assert!(count >= before, "{count} after {before}");
            before = count;
            count
        };
        let total = hammer(|_| counter.add(3), read);
        assert_eq!(total, u64::from(3 * THREADS * EACH));
    }

    #[test]
    fn observations_of_eight_threads_add_up_and_never_fall() {
        let histogram = HistogramCell::new([0.0, 1.0, 2.0].into());
        let mut before = histogram.read();
        let read = || {
            let now = histogram.read();
            let falls = now.counts.iter().zip(&before.counts).any(|(n, b)| n < b);
            assert!(!falls && now.sum >= before.sum, "{now:?} after {before:?}");
            before = histogram.read();
            now
        };
        let total = hammer(|nth| histogram.record(f64::from(nth % 4)), read);
        let quarter = u64::from(THREADS * EACH / 4);
        assert_eq!(total.counts, [quarter; 4]);
        assert_eq!(
            total.sum.to_bits(),
            f64::from(THREADS * EACH / 4 * 6).to_bits()
        );
    }

    #[test]
    fn fractions_of_eight_threads_are_all_there() {
        let sum = SumCell::default();
        let total = hammer(|_| sum.add(0.5), || sum.read());
        assert_eq!(total.to_bits(), f64::from(THREADS * EACH / 2).to_bits());
    }

    #[test]
    fn a_gauge_that_goes_up_and_down_in_eight_threads_comes_back() {
        let gauge = GaugeCell::default();
        let up_and_down = |_| {
            gauge.add(1.0);
            gauge.add(-1.0);
        };
        let within = || {
            let value = gauge.read();
            assert!((0.0..=f64::from(THREADS)).contains(&value), "{value}");
            value
        };
        assert_eq!(hammer(up_and_down, within).to_bits(), 0);
    }

    #[test]
    fn fractions_are_summed_in_the_order_they_are_added_whichever_thread_adds_them() {
        let sum = SumCell::default();
        let mut expected = 0.0;
        for nth in 0..1_000 {
            let by = f64::from(nth) * 0.1;
            thread::scope(|threads| threads.spawn(|| sum.add(by)).join()).expect("added");
            expected += by;
        }
        assert_eq!(sum.read().to_bits(), f64::to_bits(expected));
    }

    #[test]
    fn a_gauge_keeps_what_is_no_number() {
        let gauge = GaugeCell::default();
        gauge.set(f64::NAN);
        assert!(gauge.read().is_nan());
        gauge.set(f64::NEG_INFINITY);
        gauge.add(1.0);
        assert_eq!(gauge.read().to_bits(), f64::NEG_INFINITY.to_bits());
        gauge.set(2.0);
        gauge.add(0.5);
        assert_eq!(gauge.read().to_bits(), 2.5_f64.to_bits());
    }

    #[test]
    fn what_is_no_number_exceeds_every_bound() {
        let histogram = HistogramCell::new([1.0].into());
        histogram.record(f64::NAN);
        assert_eq!(histogram.read().counts, [0, 1]);
    }

    /// Bounds, and values of which many are on a bound or next to one.
    fn bounds_and_values() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        let bounds = prop::collection::btree_set(-1_000_i32..1_000, 0..40);
        bounds.prop_flat_map(|bounds| {
            let bounds: Vec<f64> = bounds.into_iter().map(|n| f64::from(n) / 8.0).collect();
            let near: Vec<f64> = bounds
                .iter()
                .flat_map(|bound| [*bound, bound.next_up(), bound.next_down()])
                .chain([0.0, -0.0, f64::MAX, f64::MIN])
                .collect();
            let value = prop_oneof![prop::sample::select(near), -200.0..200.0];
            (Just(bounds), prop::collection::vec(value, 0..50))
        })
    }

    proptest! {
        #[test]
        fn every_value_is_in_the_first_bucket_whose_bound_it_does_not_exceed(
            (bounds, values) in bounds_and_values()
        ) {
            let histogram = HistogramCell::new(bounds.as_slice().into());
            for value in &values {
                histogram.record(*value);
            }
            // As a scrape has them: how many are at most each bound.
            let at_most = |bound: &f64| values.iter().filter(|value| *value <= bound).count() as u64;
            let mut expected: Vec<u64> = bounds.iter().map(at_most).collect();
            expected.push(values.len() as u64);
            let mut below = 0;
            let cumulative = histogram.read().counts.into_iter().map(|count| {
                below += count;
                below
            });
            prop_assert_eq!(cumulative.collect::<Vec<_>>(), expected);
        }
    }
}
