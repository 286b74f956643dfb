//! The process and its tokio runtime, measured by OpenTelemetry's own crates, which know the global meter provider alone.

use tokio::runtime::Handle;

use super::StartError;
use crate::config;

/// What is to be measured from the installation on.
pub(super) struct Measured {
    process: bool,
    runtime: Option<Handle>,
}

impl Measured {
    /// What the configuration asks for.
    pub(super) fn from_here(metrics: &config::Metrics) -> Result<Self, StartError> {
        let here = || Handle::try_current().map_err(|_| StartError::NoRuntime);
        Ok(Self {
            process: metrics.process,
            runtime: metrics.runtime.then(here).transpose()?,
        })
    }

    /// Measures it in the global meter provider, which is ours by now.
    pub(super) fn begin(self) {
        if self.process
            && let Err(error) = opentelemetry_instrumentation_process::init()
        {
            let cause = std::error::Error::source(&error).map(tracing::field::display);
            tracing::warn!(cause, "the process cannot be measured");
        }
        if let Some(runtime) = self.runtime {
            opentelemetry_instrumentation_tokio::observe_runtime(&runtime);
        }
    }
}
