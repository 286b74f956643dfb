//! The Collector: our own distribution, made with the Collector's builder.

use crate::cache::Recipe;
use crate::component::{Component, Launch};
use crate::ports::Endpoint;
use crate::site::{Site, TAIL_SAMPLING, committed};

pub(crate) const RECIPE: Recipe = Recipe {
    component: Component::Collector,
    version: "0.155.0",
    dir: "distribution",
    files: &["builder.yaml", "go.mod", "go.sum"],
    steps: &[
        // Sources only: the builder's own module step resolves modules afresh, ours are committed.
        &[
            "run",
            "go.opentelemetry.io/collector/cmd/builder@v0.155.0",
            "--config=builder.yaml",
            "--skip-compilation",
            "--skip-get-modules",
        ],
        &["build", "-ldflags=-s -w", "-o", "{bin}/otelcol", "."],
    ],
    minutes: 6,
};

/// `config.yaml` itself, and an overlay if that is asked for; where it differs from place to place it reads the environment.
pub(crate) fn launch(site: &Site) -> Launch {
    let mut env = vec![
        (
            "AXISOR_COLLECTOR_OTLP_GRPC",
            site.address(Endpoint::OtlpGrpc),
        ),
        (
            "AXISOR_COLLECTOR_OTLP_HTTP",
            site.address(Endpoint::OtlpHttp),
        ),
        (
            "AXISOR_COLLECTOR_EXPORTER",
            site.address(Endpoint::Exporter),
        ),
        (
            "AXISOR_COLLECTOR_HEALTH",
            site.address(Endpoint::CollectorHealth),
        ),
        ("AXISOR_COLLECTOR_TELEMETRY_HOST", "127.0.0.1".to_owned()),
        (
            "AXISOR_COLLECTOR_TELEMETRY_PORT",
            site.port(Endpoint::CollectorTelemetry).to_string(),
        ),
        (
            "AXISOR_COLLECTOR_STORAGE",
            site.data(Component::Collector).display().to_string(),
        ),
        (
            "AXISOR_COLLECTOR_LOGS",
            site.service_logs().display().to_string(),
        ),
        ("AXISOR_JAEGER_OTLP", site.address(Endpoint::JaegerOtlp)),
    ];
    env.extend(site.metric_expiration_env());
    env.extend(site.log_files_env());
    env.extend(site.tail_sampling_env());
    let sampling = site.tail_sampling.map(|_| TAIL_SAMPLING);
    let files = std::iter::once("config.yaml").chain(sampling);
    let files = files.map(committed).chain(site.collector_overlay.clone());
    let args = files.map(|file| format!("--config={}", file.display()));
    Launch {
        program: "otelcol".to_owned(),
        args: args.collect(),
        env,
        ready: Some(site.url(Endpoint::CollectorHealth)),
        dirs: vec![site.data(Component::Collector)],
    }
}
