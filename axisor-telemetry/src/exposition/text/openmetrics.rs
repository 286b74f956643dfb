//! What OpenMetrics 1.0 says otherwise than the text format: the heads of families, and exemplars.
//!
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>

use std::fmt::{self, Display, Write as _};

use opentelemetry_proto::tonic::metrics::v1::Exemplar;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value;

use super::{Number, Quotes, escape};

/// The last line of a page.
pub(super) const END: &str = "# EOF\n";

/// What ends the name of a counter's samples, and not that of its family.
const COUNTED: &str = "_total";
/// What else a counter's samples may be called.
const CREATED: &str = "_created";
/// The base units of Prometheus, as they end names: <https://prometheus.io/docs/practices/naming/#base-units>.
const UNITS: [&str; 2] = ["seconds", "bytes"];

/// Writes the head of the family whose samples are called `name`; `taken` tells the names of the others.
pub(super) fn head(
    out: &mut String,
    name: &str,
    help: &str,
    kind: &str,
    taken: impl Fn(&str) -> bool,
) {
    let (name, kind) = match kind {
        "counter" => counted(name, taken).map_or((name, "unknown"), |name| (name, kind)),
        _ => (name, kind),
    };
    let _ = write!(out, "# HELP {name} ");
    escape(out, help, Quotes::Escaped);
    let _ = writeln!(out, "\n# TYPE {name} {kind}");
    if let Some(unit) = unit(name) {
        let _ = writeln!(out, "# UNIT {name} {unit}");
    }
}

/// The name of a counter's family, if it can be one: its own name ends as it must, and no other family has the rest.
fn counted(name: &str, taken: impl Fn(&str) -> bool) -> Option<&str> {
    let family = name.strip_suffix(COUNTED)?;
    let free = !taken(family) && !taken(&format!("{family}{CREATED}"));
    (free && !family.is_empty()).then_some(family)
}

fn unit(name: &str) -> Option<&'static str> {
    let ends = |unit: &&str| name.strip_suffix(unit).is_some_and(|n| n.ends_with('_'));
    UNITS.into_iter().find(ends)
}

/// How many are in a bucket and those below, and where it leads to.
pub(super) struct Bucket<'a> {
    pub(super) count: u64,
    pub(super) exemplar: Option<&'a Exemplar>,
}

impl Display for Bucket<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.count)?;
        match self.exemplar {
            Some(exemplar) => write_exemplar(f, exemplar),
            None => Ok(()),
        }
    }
}

/// The last of `exemplars` above `below` and not above `bound` that names a span.
pub(super) fn within(exemplars: &[Exemplar], below: f64, bound: f64) -> Option<&Exemplar> {
    let fits = |exemplar: &&Exemplar| {
        let value = value(exemplar);
        value > below && value <= bound && names_a_span(exemplar)
    };
    exemplars.iter().rfind(fits)
}

/// With ids of these lengths its labels have 63 characters; the format allows 128.
fn names_a_span(exemplar: &Exemplar) -> bool {
    exemplar.trace_id.len() == 16 && exemplar.span_id.len() == 8
}

fn value(exemplar: &Exemplar) -> f64 {
    match exemplar.value {
        Some(Value::AsDouble(value)) => value,
        #[expect(clippy::cast_precision_loss, reason = "the page has doubles only")]
        Some(Value::AsInt(value)) => value as f64,
        None => f64::NAN,
    }
}

fn write_exemplar(f: &mut fmt::Formatter<'_>, exemplar: &Exemplar) -> fmt::Result {
    f.write_str(" # {trace_id=\"")?;
    write_hex(f, &exemplar.trace_id)?;
    f.write_str("\",span_id=\"")?;
    write_hex(f, &exemplar.span_id)?;
    let milliseconds = exemplar.time_unix_nano / 1_000_000;
    let (seconds, milliseconds) = (milliseconds / 1_000, milliseconds % 1_000);
    let value = Number(value(exemplar));
    write!(f, "\"}} {value} {seconds}.{milliseconds:03}")
}

fn write_hex(f: &mut fmt::Formatter<'_>, id: &[u8]) -> fmt::Result {
    id.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
