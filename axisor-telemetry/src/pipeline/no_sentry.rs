//! In place of Sentry where its feature is off; the configuration has refused it before.

use std::sync::Arc;

use super::{Ledger, Pipeline, PipelineError};
use crate::config::Config;
use crate::trace::FailureSink;

/// # Errors
/// Always.
pub(super) fn start(
    _: &Config,
    _: &mut Pipeline,
    _: &Arc<Ledger>,
) -> Result<Arc<dyn FailureSink>, PipelineError> {
    let reason = "Sentry is not part of this build".to_owned();
    Err(PipelineError::Dsn { reason })
}
