//! What `/health` answers, in the original's JSON.

use std::fmt;

use jiff::Timestamp;
use serde::ser::{SerializeMap as _, SerializeStruct as _};
use serde::{Serialize, Serializer};

use super::CheckReport;
use crate::redact;

/// What all checks say: well if every one is.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a report is what `/health` answers"]
pub struct HealthReport {
    checks: Checks,
    timestamp: Timestamp,
}

/// The whole was declared unhealthy, so that no check was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct HealthError {
    reason: String,
    timestamp: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
struct Checks(Vec<(String, CheckReport)>);

impl HealthReport {
    pub(super) fn new(checks: Vec<(String, CheckReport)>, timestamp: Timestamp) -> Self {
        Self {
            checks: Checks(checks),
            timestamp,
        }
    }

    /// Whether every check found all well.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.checks().all(|(_, check)| check.is_healthy())
    }

    /// The checks by name, in the order of their registration.
    pub fn checks(&self) -> impl Iterator<Item = (&str, &CheckReport)> {
        self.checks
            .0
            .iter()
            .map(|(name, check)| (name.as_str(), check))
    }
}

impl HealthError {
    pub(super) fn new(reason: &str, timestamp: Timestamp) -> Self {
        Self {
            reason: redact::text(reason).into_owned(),
            timestamp,
        }
    }
}

impl Serialize for HealthReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("HealthReport", 3)?;
        fields.serialize_field("healthy", &self.is_healthy())?;
        fields.serialize_field("checks", &self.checks)?;
        fields.serialize_field("timestamp", &Iso8601(self.timestamp))?;
        fields.end()
    }
}

impl Serialize for HealthError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("HealthError", 3)?;
        fields.serialize_field("healthy", &false)?;
        fields.serialize_field("error", &self.reason)?;
        fields.serialize_field("timestamp", &Iso8601(self.timestamp))?;
        fields.end()
    }
}

impl Serialize for Checks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, check) in &self.0 {
            map.serialize_entry(name, check)?;
        }
        map.end()
    }
}

/// UTC to the millisecond, `2025-01-06T00:00:00.000Z`.
struct Iso8601(Timestamp);

impl fmt::Display for Iso8601 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl Serialize for Iso8601 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_as_the_original_wrote_it() {
        let at: Timestamp = "2025-01-06T00:00:00Z".parse().unwrap();
        let external = CheckReport::unhealthy().with("lnmarkets_api", false);
        let checks = vec![
            ("redis".to_owned(), CheckReport::healthy()),
            ("database".to_owned(), CheckReport::failed("down")),
            ("external_services".to_owned(), external),
        ];
        assert_eq!(
            serde_json::to_string(&HealthReport::new(checks, at)).unwrap(),
            r#"{"healthy":false,"checks":{"redis":{"healthy":true},"database":{"healthy":false,"error":"down"},"external_services":{"healthy":false,"lnmarkets_api":false}},"timestamp":"2025-01-06T00:00:00.000Z"}"#,
        );
        assert_eq!(
            serde_json::to_string(&HealthError::new("no health today", at)).unwrap(),
            r#"{"healthy":false,"error":"no health today","timestamp":"2025-01-06T00:00:00.000Z"}"#,
        );
    }
}
