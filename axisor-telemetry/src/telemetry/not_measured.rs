//! In place of what measures the process where its feature is off; the configuration has refused it before.

use super::StartError;
use crate::config;

pub(super) struct Measured;

impl Measured {
    #[expect(clippy::unnecessary_wraps, reason = "as where the feature is on")]
    pub(super) fn from_here(_: &config::Metrics) -> Result<Self, StartError> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "as where the feature is on")]
    pub(super) fn begin(self) {}
}
