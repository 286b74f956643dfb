//! What a panel is.

use axisor_telemetry::catalog::Series;

use super::alerts::Alert;

/// Panels beside each other under a title.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The title.
    pub title: &'static str,
    /// From the left.
    pub panels: Vec<Panel>,
}

/// A panel.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Panel {
    /// The title.
    pub title: &'static str,
    /// What it shows: the catalogue's help of its series, or its own.
    pub description: String,
    /// How it is drawn.
    pub kind: Kind,
    /// What its numbers are.
    pub unit: Unit,
    /// What it asks.
    pub queries: Vec<Query>,
    /// From where on, or below which, a number is bad: an alert's threshold.
    pub threshold: Option<Threshold>,
    /// The alerts that look at the same, and where their runbooks are.
    pub runbooks: Vec<(String, String)>,
}

/// How a panel is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Lines over time.
    Graph,
    /// The last number, large.
    Stat,
}

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// How many.
    Count,
    /// How many a second.
    PerSecond,
    /// Seconds.
    Seconds,
    /// Of a hundred.
    Percent,
    /// Of one.
    Share,
    /// Bytes.
    Bytes,
    /// 1 is well, 0 is not.
    Health,
}

/// A number beyond which it is bad.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Threshold {
    /// Bad from here on.
    Above(f64),
    /// Bad below.
    Below(f64),
}

/// What a panel asks Prometheus.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The expression, with `$job`, `$__rate_interval` and so on.
    pub expression: String,
    /// What each series is called, with `{{label}}`.
    pub legend: &'static str,
    /// Whether its exemplars are shown.
    pub exemplars: bool,
}

impl Query {
    pub(super) fn new(expression: String, legend: &'static str) -> Self {
        let exemplars = false;
        Self {
            expression,
            legend,
            exemplars,
        }
    }

    pub(super) fn with_exemplars(mut self) -> Self {
        self.exemplars = true;
        self
    }
}

impl Panel {
    /// A graph of one of our series.
    pub(super) fn of(title: &'static str, series: &Series, unit: Unit) -> Self {
        Self::graph(title, series.help, unit)
    }

    /// A graph of something else.
    pub(super) fn graph(title: &'static str, description: &str, unit: Unit) -> Self {
        Self {
            title,
            description: description.to_owned(),
            kind: Kind::Graph,
            unit,
            queries: Vec::new(),
            threshold: None,
            runbooks: Vec::new(),
        }
    }

    /// As a large number.
    pub(super) fn stat(mut self) -> Self {
        self.kind = Kind::Stat;
        self
    }

    /// Asks this, too.
    pub(super) fn ask(mut self, query: Query) -> Self {
        self.queries.push(query);
        self
    }

    /// Has the alert's threshold and a link to its runbook.
    pub(super) fn alert(mut self, alert: &Alert) -> Self {
        self.threshold = Some(alert.threshold);
        self.runbook(alert)
    }

    /// Has a link to the alert's runbook.
    pub(super) fn runbook(mut self, alert: &Alert) -> Self {
        let runbook = (alert.name.clone(), alert.runbook.clone());
        self.runbooks.push(runbook);
        self
    }

    /// Is bad below `number`, for which there is no alert.
    pub(super) fn bad_below(mut self, number: f64) -> Self {
        self.threshold = Some(Threshold::Below(number));
        self
    }
}

pub(super) fn row(title: &'static str, panels: Vec<Panel>) -> Row {
    Row { title, panels }
}
