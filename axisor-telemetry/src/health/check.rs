//! One check and what it says.

use std::fmt::Display;
use std::pin::Pin;
use std::time::Duration;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::address;
use super::importance::{Importance, Limited, Weighed};
use crate::redact;

/// A check's answer, under way.
pub type Checking<'a> = Pin<Box<dyn Future<Output = CheckReport> + Send + 'a>>;

/// Something that says whether a part of the service is well.
///
/// A closure will do; its error becomes the check's `error`:
/// ```
/// use axisor_telemetry::health::{CheckReport, HealthCheck};
///
/// async fn ask_database() -> Result<(), std::io::Error> {
///     Ok(())
/// }
///
/// fn is_check(_: impl HealthCheck) {}
///
/// is_check(|| async {
///     ask_database().await?;
///     Ok::<_, std::io::Error>(CheckReport::healthy().with_response_time())
/// });
/// is_check(ask_database);
/// is_check(ask_database.degraded());
/// ```
pub trait HealthCheck: Send + Sync + 'static {
    /// Asks. A check that gives no answer within its limit is dropped and counts as unhealthy, and so does one that
    /// panics. It is never asked again before an earlier answer has really ended.
    fn check(&self) -> Checking<'_>;

    /// What its failure means for the service: [`Importance::Critical`] unless it says otherwise.
    fn importance(&self) -> Importance {
        Importance::Critical
    }

    /// How long it may take, if not `health.timeout`.
    fn limit(&self) -> Option<Duration> {
        None
    }

    /// The same check as [`Importance::Degraded`].
    fn degraded(self) -> Weighed<Self>
    where
        Self: Sized,
    {
        Weighed::new(self, Importance::Degraded)
    }

    /// The same check as [`Importance::Optional`].
    fn optional(self) -> Weighed<Self>
    where
        Self: Sized,
    {
        Weighed::new(self, Importance::Optional)
    }

    /// The same check, given `limit` in place of `health.timeout`.
    fn within(self, limit: Duration) -> Limited<Self>
    where
        Self: Sized,
    {
        Limited::new(self, limit)
    }
}

impl<F, Answer, Report, E> HealthCheck for F
where
    F: Fn() -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Report, E>> + Send + 'static,
    Report: Into<CheckReport>,
    E: Display,
{
    fn check(&self) -> Checking<'_> {
        let answer = self();
        Box::pin(async {
            match answer.await {
                Ok(report) => report.into(),
                Err(error) => CheckReport::failed(error),
            }
        })
    }
}

/// What a check says: healthy or not, any details, and the error if there was one.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a report is the answer of a check"]
pub struct CheckReport {
    healthy: bool,
    response_time: ResponseTime,
    details: Vec<(String, Value)>,
    error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ResponseTime {
    Unasked,
    Asked,
    Measured(Duration),
}

impl CheckReport {
    /// All is well.
    pub fn healthy() -> Self {
        Self {
            healthy: true,
            response_time: ResponseTime::Unasked,
            details: Vec::new(),
            error: None,
        }
    }

    /// Not well, with nothing to say about it but the details.
    pub fn unhealthy() -> Self {
        Self {
            healthy: false,
            ..Self::healthy()
        }
    }

    /// Not well, for a reason. It is passed on word for word, freed of credentials and of addresses: of IP addresses,
    /// of what stands between `://` and the path of a URL, and of hosts with a dot and a port. A bare name with a
    /// port (`postgres:5432`) is passed on, since the original did so and its readers may look for it.
    pub fn failed(error: impl Display) -> Self {
        Self {
            error: Some(address::hidden(&redact::text(&error.to_string())).into_owned()),
            ..Self::unhealthy()
        }
    }

    /// Adds a detail, such as `lnmarkets_api: false`. Details are shown to whoever asks `/health`.
    ///
    /// A later detail of the same name takes the earlier one's place. The report's own `healthy`,
    /// `response_time` and `error` take the place of details of those names, the latter two where it has them.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.details.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.details.push((name, value)),
        }
        self
    }

    /// Adds `response_time`, the milliseconds the check took.
    pub fn with_response_time(mut self) -> Self {
        self.response_time = ResponseTime::Asked;
        self
    }

    /// Whether the check found all well.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.healthy
    }

    /// Why not, if there was an error.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Whether the report itself says something under this name.
    fn says(&self, name: &str) -> bool {
        match name {
            "healthy" => true,
            "response_time" => matches!(self.response_time, ResponseTime::Measured(_)),
            "error" => self.error.is_some(),
            _ => false,
        }
    }

    pub(super) fn timed(mut self, took: Duration) -> Self {
        if self.response_time == ResponseTime::Asked {
            self.response_time = ResponseTime::Measured(took);
        }
        self
    }
}

impl From<()> for CheckReport {
    /// Nothing went wrong, so all is well.
    fn from((): ()) -> Self {
        Self::healthy()
    }
}

impl Serialize for CheckReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("healthy", &self.healthy)?;
        if let ResponseTime::Measured(took) = self.response_time {
            map.serialize_entry("response_time", &milliseconds(took))?;
        }
        for (name, value) in self.details.iter().filter(|(name, _)| !self.says(name)) {
            map.serialize_entry(name, value)?;
        }
        if let Some(error) = &self.error {
            map.serialize_entry("error", error)?;
        }
        map.end()
    }
}

/// Milliseconds to the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
