//! What can be wrong.

/// Why an expression or a scrape job can never do what it is there for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Defect {
    /// Not `PromQL`.
    #[error("cannot be read: {said}")]
    Syntax {
        /// The parser's words.
        said: String,
    },
    /// In no catalogue, at no exporter, recorded by no rule.
    #[error("nobody emits `{metric}`")]
    UnknownMetric {
        /// The name.
        metric: String,
    },
    /// There is such a metric, but none of the jobs that have it is scraped.
    #[error("`{metric}` is never scraped, there is no job {}", listed(jobs))]
    NeverScraped {
        /// The name.
        metric: String,
        /// The jobs that would have it.
        jobs: Vec<String>,
    },
    /// The metric has no such label.
    #[error("`{metric}` has no label `{label}`, it has {}", listed(known))]
    UnknownLabel {
        /// The metric; several, if the label is to be on any of them.
        metric: String,
        /// The label asked for.
        label: String,
        /// The labels there are.
        known: Vec<String>,
    },
    /// No scrape job has this name.
    #[error("no scrape job is called `{job}`")]
    UnknownJob {
        /// The name asked for.
        job: String,
    },
    /// A value, or one of a pattern's alternatives, that the label never has.
    #[error("`{matcher}` selects nothing, of {} `{value}` is none", listed(known))]
    SelectsNothing {
        /// The matcher as written.
        matcher: String,
        /// The value or alternative.
        value: String,
        /// The values there are.
        known: Vec<String>,
    },
    /// A pattern as if for many jobs that is met by one.
    #[error("the pattern `{matcher}` selects the job `{only}` alone: write out which are meant")]
    SelectsOne {
        /// The matcher as written.
        matcher: String,
        /// The job.
        only: String,
    },
    /// Whether a bucket is `2` or `2.0` depends on who stored it.
    #[error("`{matcher}` has one spelling of the bound, expected `le=~\"{bound}|{bound}.0\"`")]
    OneSpelling {
        /// The matcher as written.
        matcher: String,
        /// The bound.
        bound: String,
    },
    /// `rate` takes each fall of a gauge for a restart.
    #[error("`{function}` of `{metric}`, which is a gauge: take `delta` or `deriv`")]
    RateOfGauge {
        /// The function.
        function: String,
        /// The gauge.
        metric: String,
    },
    /// Both sides of a division keep the label by which they differ, so each series meets itself.
    #[error(
        "divides each series of `{metric}` by itself: sum both sides, or nothing but 1 comes out"
    )]
    RatioOfSelf {
        /// The metric.
        metric: String,
    },
    /// One rare slow series decides.
    #[error("a quantile of each series by itself: `sum by (le)` the buckets before")]
    QuantilePerSeries,
    /// Without `le` there are no buckets left.
    #[error("a quantile of what has lost its buckets: keep `le` when summing")]
    QuantileWithoutBuckets,
    /// Every instance, reason or route is compared, where the whole is meant.
    #[error("compares each series of `{metric}` by itself, not the whole: aggregate it first")]
    PartOfWhole {
        /// The metric.
        metric: String,
    },
    /// What several instances report of one thing must not be added up.
    #[error("adds up what each instance reports of the same thing in `{metric}`: take `max`")]
    SumOfShared {
        /// The metric.
        metric: String,
    },
    /// A target that is configured no more has no `up` to be 0.
    #[error("silent when the target is gone from the configuration: add `or absent(…)`")]
    SilentWhenGone,
    /// 0 means without a limit, and nothing divided by 0 is little.
    #[error("divides by `{metric}`, which is 0 where there is no limit: write `({metric} > 0)`")]
    DividesByNoLimit {
        /// The limit.
        metric: String,
    },
    /// The job asks a program that does not know Prometheus.
    #[error("`{target}` is {what}, which does not show metrics: scrape its exporter or a prober")]
    NotAnExporter {
        /// `host:port`.
        target: String,
        /// What listens on such a port.
        what: &'static str,
    },
}

/// As many names as one reads.
const SHOWN: usize = 12;

fn listed(names: &[String]) -> String {
    let quoted = names.iter().take(SHOWN).map(|name| format!("`{name}`"));
    let more = (names.len() > SHOWN).then(|| "…".to_owned());
    let shown: Vec<String> = quoted.chain(more).collect();
    shown.join(", ")
}
