//! What `/health` answers, in the original's JSON.

use std::fmt;

use jiff::Timestamp;
use serde::ser::{SerializeMap as _, SerializeStruct as _};
use serde::{Serialize, Serializer};

use super::address;
use super::{CheckReport, Importance};
use crate::redact;

/// What all checks say.
///
/// As JSON it is the original's `{"healthy":…,"checks":{…},"timestamp":…}`. Two keys follow where they are `true`, and
/// stay away otherwise: `degraded` and `starting`.
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
struct Checks(Vec<Entry>);

/// One check's part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) importance: Importance,
    /// It has not been well yet, and the service is starting.
    pub(super) excused: bool,
    pub(super) report: CheckReport,
}

impl HealthReport {
    pub(super) fn new(checks: Vec<Entry>, timestamp: Timestamp) -> Self {
        Self {
            checks: Checks(checks),
            timestamp,
        }
    }

    /// Whether every critical check found all well, or is excused because the service is starting.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self
            .failing()
            .any(|entry| entry.is_critical() && !entry.excused)
    }

    /// Whether every critical check found all well.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.failing().any(Entry::is_critical)
    }

    /// Whether a check failed without which the service works less well.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.failing()
            .any(|entry| entry.importance == Importance::Degraded)
    }

    /// Whether a failed check is excused because the service is starting.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        self.failing().any(|entry| entry.excused)
    }

    pub(super) fn failing(&self) -> impl Iterator<Item = &Entry> {
        let entries = self.checks.0.iter();
        entries.filter(|entry| !entry.report.is_healthy())
    }

    /// The checks by name, in the order of their registration.
    pub fn checks(&self) -> impl Iterator<Item = (&str, &CheckReport)> {
        self.checks
            .0
            .iter()
            .map(|entry| (entry.name.as_str(), &entry.report))
    }
}

impl Entry {
    pub(super) fn is_critical(&self) -> bool {
        self.importance == Importance::Critical
    }
}

impl HealthError {
    pub(super) fn new(reason: &str, timestamp: Timestamp) -> Self {
        Self {
            reason: address::hidden(&redact::text(reason)).into_owned(),
            timestamp,
        }
    }
}

impl Serialize for HealthReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("healthy", &self.is_healthy())?;
        map.serialize_entry("checks", &self.checks)?;
        map.serialize_entry("timestamp", &Iso8601(self.timestamp))?;
        for (key, holds) in [
            ("degraded", self.is_degraded()),
            ("starting", self.is_starting()),
        ] {
            if holds {
                map.serialize_entry(key, &true)?;
            }
        }
        map.end()
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
        for Entry { name, report, .. } in &self.0 {
            map.serialize_entry(name, report)?;
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
        let checks = [
            ("redis", CheckReport::healthy()),
            ("database", CheckReport::failed("down")),
            ("external_services", external),
        ];
        let entry = |(name, report): (&str, _)| Entry {
            name: name.to_owned(),
            importance: Importance::Critical,
            excused: false,
            report,
        };
        let checks = checks.into_iter().map(entry).collect();
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
