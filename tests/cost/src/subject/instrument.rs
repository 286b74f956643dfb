//! `tracing::instrument`, with tracing-opentelemetry's default layer and the SDK's batch processor.

use std::any::Any;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::Running;
use super::autometrics::Autometrics;
use crate::{Case, Scenario, Subject};

pub(super) struct Instrument {
    tracers: SdkTracerProvider,
    _runtime: Runtime,
    scenario: Scenario,
}

impl Instrument {
    pub(super) fn start(case: &Case) -> Self {
        let runtime = exporters_runtime();
        let sampler = match case.scenario {
            Scenario::Refused => Sampler::AlwaysOff,
            _ => Sampler::ParentBased(Box::new(Sampler::AlwaysOn)),
        };
        let mut tracers = SdkTracerProvider::builder().with_sampler(sampler);
        if case.subject == Subject::BothThrown {
            tracers = tracers.with_batch_exporter(ThrowAway);
        }
        if let Some(endpoint) = &case.endpoint {
            let _entered = runtime.enter();
            tracers = tracers.with_batch_exporter(exporter(endpoint));
        }
        let tracers = tracers.build();
        tracing_subscriber::registry()
            .with(LevelFilter::INFO) // or else spans of the exporter's own HTTP/2 are exported, without end
            .with(tracing_opentelemetry::layer().with_tracer(tracers.tracer("cost")))
            .init();
        Self {
            tracers,
            _runtime: runtime,
            scenario: case.scenario,
        }
    }
}

impl Running for Instrument {
    fn enter(&self) -> Box<dyn Any> {
        super::parent(self.scenario)
    }

    fn flush(&self) {
        if self.scenario.exports() {
            let flushed = self.tracers.force_flush();
            flushed.expect("the receiver of the spans is there");
        }
    }

    fn end(self: Box<Self>, _calls: u64) {
        let ended = self.tracers.shutdown();
        ended.expect("the receiver of the spans is there");
    }
}

/// `#[autometrics]` on top of `#[tracing::instrument]`.
pub(super) struct Both {
    autometrics: Autometrics,
    instrument: Instrument,
}

impl Both {
    pub(super) fn start(case: &Case) -> Self {
        Self {
            autometrics: Autometrics::start(),
            instrument: Instrument::start(case),
        }
    }
}

impl Running for Both {
    fn enter(&self) -> Box<dyn Any> {
        self.instrument.enter()
    }

    fn flush(&self) {
        self.instrument.flush();
    }

    fn end(self: Box<Self>, calls: u64) {
        Box::new(self.autometrics).end(calls);
        Box::new(self.instrument).end(calls);
    }
}

#[derive(Debug)]
struct ThrowAway;

impl opentelemetry_sdk::trace::SpanExporter for ThrowAway {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

/// The smallest runtime that tonic's channel works on while the batch processor's thread blocks.
pub(super) fn exporters_runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("the system gives a thread")
}

/// The exporter by OTLP over gRPC. To be made within a runtime.
pub(super) fn exporter(endpoint: &str) -> SpanExporter {
    SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .expect("the endpoint is a URL")
}
