//! Asks Prometheus through its API.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::api::{self, ApiError};
use crate::{InVain, until};

/// A Prometheus.
#[derive(Debug, Clone)]
pub struct Prometheus {
    url: String,
    http: reqwest::Client,
}

/// One series of an answer, with its value at the moment of the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// All labels but the name.
    pub labels: BTreeMap<String, String>,
    /// The metric's name, empty if the query computed something.
    pub name: String,
    /// The value.
    pub value: f64,
}

/// One series of an answer over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// All labels, the name among them as `__name__`.
    pub labels: BTreeMap<String, String>,
    /// Seconds since 1970, and the value then.
    pub points: Vec<(f64, f64)>,
}

/// An exemplar of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// The series' labels but the name.
    pub series: BTreeMap<String, String>,
    /// Its own: `trace_id` and `span_id`.
    pub labels: BTreeMap<String, String>,
    /// The observation.
    pub value: f64,
    /// When it was made, in seconds since 1970.
    pub time: f64,
}

/// What a target says of one of its families.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    /// The family's name.
    pub metric: String,
    /// The word after `# TYPE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The text after `# HELP`.
    pub help: String,
}

impl Prometheus {
    /// The one at this address, `http://127.0.0.1:9090`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            http: reqwest::Client::new(),
        }
    }

    /// The present answer to a query that gives series.
    ///
    /// # Errors
    /// [`ApiError`] if nobody answers or the query is refused.
    pub async fn query(&self, expression: &str) -> Result<Vec<Series>, ApiError> {
        let vector: Vector = self.get("query", &[("query", expression)]).await?;
        vector.result.into_iter().map(Row::into_series).collect()
    }

    /// The value of the only series a query gives; none if there is none or more than one.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn value(&self, expression: &str) -> Result<Option<f64>, ApiError> {
        let series = self.query(expression).await?;
        let [only] = series.as_slice() else {
            return Ok(None);
        };
        Ok(Some(only.value))
    }

    /// Asks until the only series of a query has this value.
    ///
    /// # Errors
    /// [`InVain`] after the deadline.
    pub async fn until(
        &self,
        deadline: Duration,
        expression: &str,
        value: f64,
    ) -> Result<(), InVain> {
        let what = format!("{expression} to be {value}");
        let found = async || {
            let apart = (self.value(expression).await.ok()?? - value).abs();
            (apart < 1e-9).then_some(())
        };
        until(deadline, &what, found).await
    }

    /// The answers to a query from `start` to `end`, in seconds since 1970, every `step` seconds.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn range(
        &self,
        expression: &str,
        (start, end): (f64, f64),
        step: f64,
    ) -> Result<Vec<Line>, ApiError> {
        let [start, end, step] = [start, end, step].map(|number| number.to_string());
        let query = [
            ("query", expression),
            ("start", &start),
            ("end", &end),
            ("step", &step),
        ];
        let matrix: Matrix = self.get("query_range", &query).await?;
        matrix.result.into_iter().map(LineRow::into_line).collect()
    }

    /// `up` of a job with one target.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn up(&self, job: &str) -> Result<Option<f64>, ApiError> {
        self.value(&format!("up{{job={job:?}}}")).await
    }

    /// The exemplars of the last hour of the series a query names.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn exemplars(&self, expression: &str) -> Result<Vec<Exemplar>, ApiError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs();
        let (start, end) = ((now - 3_600).to_string(), (now + 60).to_string());
        let query = [("query", expression), ("start", &start), ("end", &end)];
        let rows: Vec<ExemplarRow> = self.get("query_exemplars", &query).await?;
        let exemplars = rows.into_iter().flat_map(ExemplarRow::into_exemplars);
        exemplars.collect()
    }

    /// Types and helps as the targets of a job announced them at the last scrape.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn metadata(&self, job: &str) -> Result<Vec<Metadata>, ApiError> {
        let target = format!("{{job={job:?}}}");
        self.get("targets/metadata", &[("match_target", &target)])
            .await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, ApiError> {
        let url = format!("{}/api/v1/{path}", self.url);
        let answer: Answer<T> = api::get(&self.http, &url, query).await?;
        match answer {
            Answer::Success { data } => Ok(data),
            Answer::Error { error } => Err(ApiError::Refused { url, error }),
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Answer<T> {
    Success { data: T },
    Error { error: String },
}

#[derive(Deserialize)]
struct Vector {
    result: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    metric: BTreeMap<String, String>,
    value: (f64, String),
}

#[derive(Deserialize)]
struct Matrix {
    result: Vec<LineRow>,
}

#[derive(Deserialize)]
struct LineRow {
    metric: BTreeMap<String, String>,
    values: Vec<(f64, String)>,
}

impl LineRow {
    fn into_line(self) -> Result<Line, ApiError> {
        let points = self.values.into_iter();
        let points = points.map(|(time, value)| Ok((time, number(value)?)));
        Ok(Line {
            labels: self.metric,
            points: points.collect::<Result<_, ApiError>>()?,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExemplarRow {
    series_labels: BTreeMap<String, String>,
    exemplars: Vec<ExemplarEntry>,
}

#[derive(Deserialize)]
struct ExemplarEntry {
    labels: BTreeMap<String, String>,
    value: String,
    timestamp: f64,
}

impl ExemplarRow {
    fn into_exemplars(self) -> impl Iterator<Item = Result<Exemplar, ApiError>> {
        let mut series = self.series_labels;
        series.remove("__name__");
        self.exemplars.into_iter().map(move |entry| {
            Ok(Exemplar {
                series: series.clone(),
                labels: entry.labels,
                value: number(entry.value)?,
                time: entry.timestamp,
            })
        })
    }
}

impl Row {
    fn into_series(self) -> Result<Series, ApiError> {
        let mut labels = self.metric;
        let name = labels.remove("__name__").unwrap_or_default();
        let (_, value) = self.value;
        Ok(Series {
            labels,
            name,
            value: number(value)?,
        })
    }
}

fn number(given: String) -> Result<f64, ApiError> {
    given.parse().map_err(|_| ApiError::Number { given })
}
