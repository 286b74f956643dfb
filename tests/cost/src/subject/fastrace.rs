//! `fastrace::trace`, below a parent of its own for each round.

use std::any::Any;
use std::borrow::Cow;

use fastrace::Span;
use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use fastrace_opentelemetry::OpenTelemetryReporter;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use tokio::runtime::Runtime;

use super::Running;
use super::instrument::{exporter, exporters_runtime};
use crate::{Case, Scenario};

pub(super) struct Fastrace {
    scenario: Scenario,
    _runtime: Option<Runtime>,
}

impl Fastrace {
    pub(super) fn start(case: &Case) -> Self {
        let runtime = case.endpoint.as_deref().map(export_to);
        if runtime.is_none() {
            fastrace::set_reporter(ThrowAway, Config::default());
        }
        Self {
            scenario: case.scenario,
            _runtime: runtime,
        }
    }
}

impl Running for Fastrace {
    fn enter(&self) -> Box<dyn Any> {
        let sampled = self.scenario.exports();
        let root = Span::root("round", SpanContext::random().sampled(sampled));
        let entered = root.set_local_parent();
        Box::new((entered, root))
    }

    fn flush(&self) {
        fastrace::flush();
    }
}

struct ThrowAway;

impl Reporter for ThrowAway {
    fn report(&mut self, _spans: Vec<SpanRecord>) {}
}

fn export_to(endpoint: &str) -> Runtime {
    let runtime = exporters_runtime();
    let exporter = {
        let _entered = runtime.enter();
        exporter(endpoint)
    };
    let handle = runtime.handle().clone();
    let reporter = OpenTelemetryReporter::new(
        exporter,
        Cow::Owned(Resource::builder().with_service_name("cost").build()),
        InstrumentationScope::builder("cost").build(),
    )
    .with_block_on(move |export| handle.block_on(export));
    fastrace::set_reporter(reporter, Config::default());
    runtime
}
