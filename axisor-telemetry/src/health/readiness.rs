//! What `/readyz` answers: whether requests should be sent here.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::HealthReport;

/// Whether requests should be sent to this service, and if not, why.
///
/// As JSON `{"ready":true}`, or `{"ready":false,"reason":…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "this is what `/readyz` answers"]
pub enum Readiness {
    /// Every critical check is well.
    Ready,
    /// The service is ending.
    Draining,
    /// The service as a whole was declared unhealthy.
    Declared,
    /// Critical checks fail: these, in the order of their registration.
    Failing(Vec<String>),
}

impl Readiness {
    /// Whether requests should be sent here.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self == Self::Ready
    }

    /// Why not, in words.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Ready => None,
            Self::Draining => Some("draining".to_owned()),
            Self::Declared => Some("declared unhealthy".to_owned()),
            Self::Failing(checks) => Some(format!("failing: {}", checks.join(", "))),
        }
    }
}

impl From<&HealthReport> for Readiness {
    fn from(report: &HealthReport) -> Self {
        if report.is_ready() {
            return Self::Ready;
        }
        let failing = report.failing().filter(|entry| entry.is_critical());
        Self::Failing(failing.map(|entry| entry.name.clone()).collect())
    }
}

impl Serialize for Readiness {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("ready", &self.is_ready())?;
        if let Some(reason) = self.reason() {
            map.serialize_entry("reason", &reason)?;
        }
        map.end()
    }
}
