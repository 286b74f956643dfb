//! What others read: every series as a page of text, in one of two formats.
//!
//! | format | who gets it from `/metrics` | exemplars |
//! |---|---|---|
//! | the Prometheus text format 0.0.4 | everybody who does not prefer the other | none: the format has no word for them |
//! | OpenMetrics 1.0 | who names it in `Accept` and gives it no less weight than text, as Prometheus does by itself | one for each bucket of a duration |
//!
//! An exemplar is the newest observation of its bucket that was made in a sampled span, with the ids of that span: it leads
//! from a slow bucket on a graph to a trace. The request durations have them, and those of annotated functions with
//! `duration`. A bucket keeps one, so they take a fixed room; recording never waits for another thread to keep its own.
//!
//! Both formats show the same series, so that a scraper that changes its mind splits none. Therefore a counter whose name
//! does not end in `_total` keeps its name in OpenMetrics, where it is of type `unknown`; and in two places the page is not
//! as the specification advises: `le` is spelled as in the text format (`le="1"`), and a histogram with negative bounds has
//! its sum. (Prometheus 3 stores `le="1.0"` whatever it read, Prometheus 2 what it read.)

mod format;
mod text;

pub use format::Format;
pub(crate) use text::write;
#[cfg(feature = "testing")]
pub(crate) use text::{number, series};
