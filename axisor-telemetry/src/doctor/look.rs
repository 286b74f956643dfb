//! One examination under way.

use tokio::time::{Instant, sleep};

use super::ask::Asker;
use super::canary::{Canary, Trace};
use super::{
    Cause, Doctor, Finding, Hop, Outcome, PAUSE, Places, jaeger, log_files, prometheus, registry,
    sending,
};
use crate::config::Config;
use crate::pipeline::Signal;

/// Who is asked, where, for what, and until when.
pub(super) struct Look<'a> {
    pub(super) doctor: &'a Doctor,
    pub(super) config: &'a Config,
    pub(super) asker: &'a Asker,
    pub(super) canary: &'a Canary,
    pub(super) until: Instant,
}

impl Look<'_> {
    pub(super) fn places(&self) -> &Places {
        &self.doctor.places
    }

    pub(super) async fn metrics(&self) -> Outcome {
        if let Err(outcome) = self.taken(Signal::Metrics).await {
            return outcome;
        }
        self.tell("waiting for Prometheus to scrape the metric");
        prometheus::metric(self).await
    }

    pub(super) async fn traces(&self) -> Outcome {
        if let Err(outcome) = self.taken(Signal::Traces).await {
            return outcome;
        }
        let Trace::Sampled(id) = &self.canary.trace else {
            return Outcome::Taken; // of a span there was none
        };
        self.tell("waiting for the span in Jaeger");
        jaeger::trace(self, id).await
    }

    pub(super) async fn logs(&self) -> Outcome {
        if let Err(outcome) = self.taken(Signal::Logs).await {
            return outcome;
        }
        let Some(directory) = &self.places().log_files else {
            return Outcome::Taken;
        };
        self.tell("waiting for the log line in the Collector's files");
        log_files::line(self, directory).await
    }

    /// What is wrong beside the canaries' ways. That Prometheus is away is said where the metric was looked for.
    pub(super) async fn elsewhere(&self) -> Vec<Finding> {
        let mut findings = prometheus::counted_twice(self).await.unwrap_or_default();
        if let Some(url) = &self.places().service {
            findings.extend(registry::private_page(self.asker, url).await);
        }
        findings
    }

    /// Takes `step` again and again until it finds what it looks for, or why that never comes. If it finds neither in time, that
    /// is lost in `hop`.
    pub(super) async fn wait(
        &self,
        hop: Hop,
        mut step: impl AsyncFnMut() -> Result<bool, Finding>,
    ) -> Outcome {
        let began = Instant::now();
        loop {
            let waited = began.elapsed();
            match step().await {
                Ok(true) => return Outcome::Arrived { after: waited },
                Ok(false) if Instant::now() < self.until => sleep(PAUSE).await,
                Ok(false) => return Outcome::Lost(Finding::new(hop, Cause::NotSeen { waited })),
                Err(finding) => return Outcome::Lost(finding),
            }
        }
    }

    async fn taken(&self, signal: Signal) -> Result<(), Outcome> {
        sending::taken(self.config, self.canary, signal).await
    }

    fn tell(&self, what: &str) {
        (self.doctor.progress)(what);
    }
}
