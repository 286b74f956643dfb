//! The Prometheus text format 0.0.4, written from a collection, and OpenMetrics, which differs in little.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

mod labels;
#[cfg(feature = "testing")]
mod named;
mod openmetrics;

use std::collections::{BTreeMap, HashSet};
use std::fmt::{self, Display, Write as _};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, HistogramDataPoint, Metric, NumberDataPoint,
};

use super::Format;
use crate::catalog::Series;
use crate::pipeline::families;
use labels::{HISTOGRAM_OWN, NUMBER_OWN, write_labels};
#[cfg(feature = "testing")]
pub(crate) use named::{number, series};
use openmetrics::Bucket;

/// The exposition of `collection`; `announced` series get their head even while they have no samples.
pub(crate) fn write(
    collection: &ExportMetricsServiceRequest,
    announced: &[Series],
    format: Format,
) -> String {
    let mut page = Page {
        format,
        ..Page::default()
    };
    for family in families(collection) {
        page.family(family);
    }
    for series in announced {
        let head = || Family::new(series.help, series.kind.as_str());
        page.families
            .entry(series.name.to_owned())
            .or_insert_with(head);
    }
    page.finish()
}

#[derive(Default)]
struct Page {
    format: Format,
    families: BTreeMap<String, Family>,
    labels: String,
}

struct Family {
    help: String,
    kind: &'static str,
    samples: String,
    /// Label sets seen, so that instruments whose names only become equal here never print a sample twice.
    seen: HashSet<String>,
}

impl Family {
    fn new(help: &str, kind: &'static str) -> Self {
        Self {
            help: help.to_owned(),
            kind,
            samples: String::new(),
            seen: HashSet::new(),
        }
    }
}

impl Page {
    fn family(&mut self, metric: &Metric) {
        let kind = match &metric.data {
            Some(Data::Sum(sum)) if sum.is_monotonic => "counter",
            Some(Data::Gauge(_) | Data::Sum(_)) => "gauge",
            Some(Data::Histogram(_) | Data::ExponentialHistogram(_)) => "histogram",
            Some(Data::Summary(_)) | None => return,
        };
        let name = escaped_name(&metric.name);
        let family = self
            .families
            .entry(name.clone())
            .or_insert_with(|| Family::new(&metric.description, kind));
        if family.kind != kind {
            return;
        }
        match &metric.data {
            Some(Data::Gauge(gauge)) => {
                numbers(family, &name, &gauge.data_points, &mut self.labels);
            }
            Some(Data::Sum(sum)) => numbers(family, &name, &sum.data_points, &mut self.labels),
            Some(Data::Histogram(histogram)) => {
                for point in &histogram.data_points {
                    let exemplars = match self.format {
                        Format::Text => &[][..],
                        Format::OpenMetrics => &point.exemplars,
                    };
                    histogram_point(family, &name, point, exemplars, &mut self.labels);
                }
            }
            // The format has no exponential buckets: what it can say of them is their sum and count.
            Some(Data::ExponentialHistogram(histogram)) => {
                for point in &histogram.data_points {
                    let plain = HistogramDataPoint {
                        attributes: point.attributes.clone(),
                        count: point.count,
                        sum: point.sum,
                        ..HistogramDataPoint::default()
                    };
                    histogram_point(family, &name, &plain, &[], &mut self.labels);
                }
            }
            Some(Data::Summary(_)) | None => {}
        }
    }

    fn finish(self) -> String {
        let mut page = String::with_capacity(
            self.families
                .values()
                .map(|family| family.samples.len() + 128)
                .sum(),
        );
        for (name, family) in &self.families {
            self.head(&mut page, name, family);
            page.push_str(&family.samples);
        }
        if self.format == Format::OpenMetrics {
            page.push_str(openmetrics::END);
        }
        page
    }

    fn head(&self, page: &mut String, name: &str, family: &Family) {
        let Family { help, kind, .. } = family;
        match self.format {
            Format::Text => {
                let _ = write!(page, "# HELP {name} ");
                escape(page, help, Quotes::Plain);
                let _ = writeln!(page, "\n# TYPE {name} {kind}");
            }
            Format::OpenMetrics => {
                let taken = |name: &str| self.families.contains_key(name);
                openmetrics::head(page, name, help, kind, taken);
            }
        }
    }
}

fn numbers(family: &mut Family, name: &str, points: &[NumberDataPoint], labels: &mut String) {
    for point in points {
        write_labels(labels, &point.attributes, NUMBER_OWN);
        if !family.seen.insert(labels.clone()) {
            continue;
        }
        let out = &mut family.samples;
        match point.value {
            Some(Value::AsInt(value)) => sample(out, name, "", labels, None, value),
            Some(Value::AsDouble(value)) => sample(out, name, "", labels, None, Number(value)),
            None => {}
        }
    }
}

fn histogram_point(
    family: &mut Family,
    name: &str,
    point: &HistogramDataPoint,
    exemplars: &[Exemplar],
    labels: &mut String,
) {
    write_labels(labels, &point.attributes, HISTOGRAM_OWN);
    if !family.seen.insert(labels.clone()) {
        return;
    }
    let out = &mut family.samples;
    let mut bucket = |below, bound, count| {
        let exemplar = openmetrics::within(exemplars, below, bound);
        let value = Bucket { count, exemplar };
        sample(out, name, "_bucket", labels, Some(bound), value);
    };
    let (mut below, mut total) = (f64::NEG_INFINITY, 0);
    for (bound, count) in point.explicit_bounds.iter().zip(&point.bucket_counts) {
        total += count;
        bucket(below, *bound, total);
        below = *bound;
    }
    bucket(below, f64::INFINITY, point.count);
    let sum = point.sum.unwrap_or_default();
    sample(out, name, "_sum", labels, None, Number(sum));
    sample(out, name, "_count", labels, None, point.count);
}

fn sample(
    out: &mut String,
    name: &str,
    suffix: &str,
    labels: &str,
    le: Option<f64>,
    value: impl Display,
) {
    let comma = if labels.is_empty() { "" } else { "," };
    let _ = match le {
        Some(le) => write!(
            out,
            "{name}{suffix}{{{labels}{comma}le=\"{}\"}} ",
            Number(le)
        ),
        None if labels.is_empty() => write!(out, "{name}{suffix} "),
        None => write!(out, "{name}{suffix}{{{labels}}} "),
    };
    let _ = writeln!(out, "{value}");
}

/// Written so that Go's `strconv.ParseFloat` reads it back without loss.
struct Number(f64);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            value if value.is_nan() => f.write_str("NaN"),
            f64::INFINITY => f.write_str("+Inf"),
            f64::NEG_INFINITY => f.write_str("-Inf"),
            value if value != 0.0 && !(1e-6..1e21).contains(&value.abs()) => write!(f, "{value:e}"),
            value => write!(f, "{value}"),
        }
    }
}

/// A name of the Prometheus data model: what it does not allow becomes `_`, as the Collector does it.
fn escaped_name(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut escaped: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect();
    if escaped.starts_with(|c: char| c.is_ascii_digit()) {
        escaped.insert(0, '_');
    }
    escaped
}

#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    Plain,
    Escaped,
}

fn escape(out: &mut String, text: &str, quotes: Quotes) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quotes == Quotes::Escaped => out.push_str("\\\""),
            c => out.push(c),
        }
    }
}
