//! The three ways to the same series.

mod collector;
mod prometheus;

use std::time::Duration;

use axisor_stack::{Component, Stack, StartError};
use axisor_telemetry::{Telemetry, TelemetryBuilder};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use self::collector::CollectorView;
use self::prometheus::PrometheusView;
use super::exposition::Exposition;

/// Where the series are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// The body of the service's own `GET /metrics`.
    InProcess,
    /// The Collector's page, after OTLP.
    Collector,
    /// Prometheus' API, after OTLP and a scrape of the Collector.
    Prometheus,
}

/// Looks at the series of one telemetry.
pub(super) trait View: Send + Sync {
    /// What is seen, or why nothing is; none where the service's own page is what counts.
    fn look<'a>(
        &'a self,
        telemetry: &'a Telemetry,
    ) -> BoxFuture<'a, Option<Result<Exposition, String>>>;
}

/// Who a telemetry says it is.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) job: String,
    pub(super) instance: String,
}

/// What runs behind the services of a group of scenarios.
pub(super) struct Backend {
    through: Through,
    stack: Option<Stack>,
}

/// Longer than any run: what is not pushed again must not vanish.
const EXPIRATION: Duration = Duration::from_secs(3600);
const SCRAPE_INTERVAL: Duration = Duration::from_millis(500);
/// How long everything may take to leave the service.
const FLUSH: Duration = Duration::from_secs(10);

impl Backend {
    pub(super) async fn start(through: Through) -> Result<Self, StartError> {
        let stack = Stack::builder()
            .native()
            .free_ports()
            .metric_expiration(EXPIRATION);
        let stack = match through {
            Through::InProcess => None,
            Through::Collector => Some(stack.only([Component::Collector]).start().await?),
            Through::Prometheus => {
                let both = stack.only([Component::Collector, Component::Prometheus]);
                Some(both.scrape_interval(SCRAPE_INTERVAL).start().await?)
            }
        };
        Ok(Self { through, stack })
    }

    /// Begins a telemetry that sends here, and only when it is told to.
    pub(super) fn telemetry(&self, identity: &Identity) -> TelemetryBuilder {
        let builder = Telemetry::builder(&identity.job)
            .without_environment()
            .set("service.instance_id", &identity.instance);
        match &self.stack {
            None => builder,
            Some(stack) => builder
                .set("otlp.metrics.endpoint", stack.otlp_grpc())
                .set("metrics.interval", "1h"),
        }
    }

    pub(super) fn view(&self, identity: &Identity) -> Box<dyn View> {
        match (self.through, &self.stack) {
            (Through::Collector, Some(stack)) => {
                Box::new(CollectorView::new(stack.exporter(), identity.clone()))
            }
            (Through::Prometheus, Some(stack)) => {
                Box::new(PrometheusView::new(stack.prometheus(), identity.clone()))
            }
            _ => Box::new(OwnPage),
        }
    }

    pub(super) async fn stop(self) {
        if let Some(stack) = self.stack {
            // What was to be seen has been seen; what is left ends when the stack is dropped.
            let _ = stack.down().await;
        }
    }
}

/// The service's own page, which the player has anyway.
struct OwnPage;

impl View for OwnPage {
    fn look<'a>(&'a self, _: &'a Telemetry) -> BoxFuture<'a, Option<Result<Exposition, String>>> {
        ready(None).boxed()
    }
}

/// Sends what has been recorded, without holding up the application.
async fn flush(telemetry: &Telemetry) -> Result<(), String> {
    let telemetry = telemetry.clone();
    let flushed = tokio::task::spawn_blocking(move || telemetry.force_flush(FLUSH)).await;
    match flushed {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("not everything was sent: {error}")),
        Err(error) => Err(format!("the flush broke off: {error}")),
    }
}
