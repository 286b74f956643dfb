//! Why a custom metric is refused.

/// Why a custom metric was not made, or a recording not taken. What was there before is untouched.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// The name belongs to the catalogue or to an earlier custom metric, or is that of a histogram's samples:
    /// a histogram takes its name with `_bucket`, `_sum` and `_count` too.
    #[error(
        "metric name `{name}` is taken, expected one that no other metric of this telemetry has"
    )]
    NameTaken {
        /// The name that is taken.
        name: String,
    },
    /// The name is not one of the Prometheus data model.
    #[error(
        "`{name}` is no metric name, expected letters, digits, `_` and `:`, the first no digit"
    )]
    InvalidName {
        /// The name given.
        name: String,
    },
    /// A label's name is not one of the Prometheus data model, or given twice.
    #[error(
        "`{label}` is no label for `{metric}`, expected each name once, of letters, digits and `_`, the first no digit"
    )]
    InvalidLabel {
        /// The metric's name.
        metric: String,
        /// The label's name.
        label: String,
    },
    /// `le` is the label of a histogram's own buckets.
    #[error(
        "label `le` of histogram `{metric}` is reserved for its buckets, expected another name"
    )]
    ReservedLabel {
        /// The metric's name.
        metric: String,
    },
    /// The help text is empty.
    #[error("help of `{metric}` is empty, expected a sentence that says what is counted")]
    EmptyHelp {
        /// The metric's name.
        metric: String,
    },
    /// The buckets do not rise, or are not finite.
    #[error("buckets of `{metric}` are {buckets:?}, expected finite upper bounds in rising order")]
    InvalidBuckets {
        /// The metric's name.
        metric: String,
        /// The bounds given.
        buckets: Vec<f64>,
    },
    /// A label was given that the metric does not declare.
    #[error("`{metric}` has no label `{label}`, expected some of {expected:?}")]
    UndeclaredLabel {
        /// The metric's name.
        metric: String,
        /// The label given.
        label: String,
        /// The labels declared.
        expected: Vec<String>,
    },
    /// The count of positional values differs from the count of labels.
    #[error("{given} label values for `{metric}`, expected one for each of {expected:?}")]
    WrongLabelCount {
        /// The metric's name.
        metric: String,
        /// How many values were given.
        given: usize,
        /// The labels declared.
        expected: Vec<String>,
    },
    /// A counter cannot go down or take what is no number.
    #[error("increment of `{metric}` is {value}, expected a finite number of 0 or more")]
    InvalidIncrement {
        /// The metric's name.
        metric: String,
        /// The value given.
        value: f64,
    },
    /// A histogram cannot observe what is no number.
    #[error("observation of `{metric}` is {value}, expected a finite number")]
    InvalidObservation {
        /// The metric's name.
        metric: String,
        /// The value given.
        value: f64,
    },
}
