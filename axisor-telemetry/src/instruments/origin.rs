//! Where label values come from.

use std::borrow::Cow;

use super::family::{Family, Found};
use super::points::SeriesCell;
use crate::label::LabelValue;

/// Where a label value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From outside: those of free labels may turn out to be any number of texts.
    Data,
    /// It stands in the code, as all of its recorder's do, and they are no more than there are places for them.
    Code,
}

impl Origin {
    /// The text of a label value, and where it comes from.
    pub(crate) fn of<V: LabelValue + ?Sized>(value: &V) -> (Cow<'_, str>, Self) {
        match value.known() {
            Some(known) => (Cow::Borrowed(known), Self::Code),
            None => (value.label(), Self::Data),
        }
    }
}

impl<C: SeriesCell> Family<C> {
    /// The series with these label values, as many as the family has labels and in their order; known ones keep
    /// their own past the bound.
    pub(crate) fn of<const N: usize>(&self, values: [&dyn LabelValue; N]) -> C {
        let values = values.map(Origin::of);
        let texts = values.each_ref().map(|(text, _)| &**text);
        let origins = values.each_ref().map(|(_, origin)| *origin);
        match self.resolve(&texts, &origins) {
            Found::Own(series) | Found::Folded(series) => series,
        }
    }
}
