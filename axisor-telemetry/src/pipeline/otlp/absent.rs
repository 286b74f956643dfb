//! In place of a protocol whose feature is off; the configuration has refused it before.

use super::Connection;
use crate::config::Otlp;

/// # Errors
/// Always.
pub(super) fn connect(otlp: &Otlp, _: &str) -> Result<Box<dyn Connection>, String> {
    Err(format!("{:?} is not part of this build", otlp.protocol))
}
