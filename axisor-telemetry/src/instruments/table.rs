//! The series of one family.

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Series in the order in which they were made, found by their label values. None is ever taken out.
pub(super) struct SeriesTable<C> {
    series: Vec<Series<C>>,
    places: HashTable<usize>,
    hasher: DefaultHashBuilder,
}

pub(super) struct Series<C> {
    pub(super) values: Box<[Box<str>]>,
    pub(super) cell: C,
}

impl<C> Default for SeriesTable<C> {
    fn default() -> Self {
        Self {
            series: Vec::new(),
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<C> SeriesTable<C> {
    pub(super) fn len(&self) -> usize {
        self.series.len()
    }

    /// The series from the `first` one on.
    pub(super) fn from(&self, first: usize) -> &[Series<C>] {
        &self.series[first..]
    }

    pub(super) fn find(&self, values: &[&str]) -> Option<&C> {
        let same = |place: &usize| self.series[*place].has(values);
        let place = self.places.find(hash(&self.hasher, values), same)?;
        Some(&self.series[*place].cell)
    }

    /// Adds a series whose label values no other has.
    pub(super) fn insert(&mut self, values: &[&str], cell: C) {
        let Self {
            series,
            places,
            hasher,
        } = self;
        let place = series.len();
        series.push(Series {
            values: values.iter().map(|value| Box::from(*value)).collect(),
            cell,
        });
        let rehash = |place: &usize| hash(hasher, &series[*place].values);
        places.insert_unique(hash(hasher, values), place, rehash);
    }
}

impl<C> Series<C> {
    fn has(&self, values: &[&str]) -> bool {
        self.values
            .iter()
            .map(|value| &**value)
            .eq(values.iter().copied())
    }
}

fn hash(hasher: &DefaultHashBuilder, values: &[impl AsRef<str>]) -> u64 {
    let mut hasher = hasher.build_hasher();
    for value in values {
        value.as_ref().hash(&mut hasher);
    }
    hasher.finish()
}
