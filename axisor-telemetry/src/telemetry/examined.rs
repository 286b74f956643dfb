//! What the doctor sees of a telemetry.

use super::Telemetry;
use crate::pipeline::families;

impl Telemetry {
    /// Whether it is the process's.
    pub(crate) fn is_installed(&self) -> bool {
        self.0.scope.is_installed()
    }

    /// Whether a collection has a family of this name.
    pub(crate) fn collects(&self, name: &str) -> bool {
        let collection = self.0.collector.collect();
        collection.is_ok_and(|all| families(&all).any(|family| family.name == name))
    }
}
