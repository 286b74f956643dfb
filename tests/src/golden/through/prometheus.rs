//! Prometheus' store, asked through its API.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axisor_telemetry::Telemetry;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Identity, View, flush};
use crate::ApiError;
use crate::golden::exposition::{Exposition, Family, Sample};
use crate::prometheus::{Metadata, Prometheus, Series};
use crate::until::until;

/// The job that scrapes the Collector.
const COLLECTOR_JOB: &str = "otel-collector";
/// What Prometheus itself writes under a service's labels while a rule is not content with it.
const BY_RULES: &str = "ALERTS|ALERTS_FOR_STATE";
/// How long a scrape may be waited for.
const DEADLINE: Duration = Duration::from_secs(30);
/// A scrape's time may be written down so much later than it was, to lie on its interval.
const ALIGNMENT: Duration = Duration::from_millis(20);

pub(super) struct PrometheusView {
    prometheus: Prometheus,
    identity: Identity,
}

impl PrometheusView {
    pub(super) fn new(url: String, identity: Identity) -> Self {
        Self {
            prometheus: Prometheus::new(url),
            identity,
        }
    }

    async fn see(&self, telemetry: &Telemetry) -> Result<Exposition, String> {
        flush(telemetry).await?;
        self.scrape_since(now() + ALIGNMENT).await?;
        self.exposition().await.map_err(|error| error.to_string())
    }

    /// Waits for a scrape that began after this moment, given as the time since 1970.
    async fn scrape_since(&self, moment: Duration) -> Result<(), String> {
        let last = format!("timestamp(up{{job={COLLECTOR_JOB:?}}})");
        let newer = until(DEADLINE, "a scrape of the Collector", || async {
            let scraped = self.prometheus.value(&last).await.ok().flatten()?;
            (scraped > moment.as_secs_f64()).then_some(())
        });
        newer.await.map_err(|error| error.to_string())
    }

    async fn exposition(&self) -> Result<Exposition, ApiError> {
        let Identity { job, instance } = &self.identity;
        let own = format!("{{job={job:?},instance={instance:?},__name__!~{BY_RULES:?}}}");
        let series = self.prometheus.query(&own).await?;
        let heads = self.prometheus.metadata(COLLECTOR_JOB).await?;
        Ok(put_together(series, heads))
    }
}

impl View for PrometheusView {
    fn look<'a>(
        &'a self,
        telemetry: &'a Telemetry,
    ) -> BoxFuture<'a, Option<Result<Exposition, String>>> {
        self.see(telemetry).map(Some).boxed()
    }
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Series of one service with the heads of their families, as its own page would show them.
fn put_together(series: Vec<Series>, heads: Vec<Metadata>) -> Exposition {
    let mut exposition = Exposition::default();
    for mut series in series {
        series
            .labels
            .retain(|label, _| label != "job" && label != "instance");
        let labels = series
            .labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        exposition.insert(Sample::new(&series.name, labels), series.value);
    }
    for head in heads {
        if exposition.has_samples_of(&head.metric) {
            let (kind, help) = (Some(head.kind), Some(head.help));
            exposition
                .families
                .insert(head.metric, Family { kind, help });
        }
    }
    exposition
}
