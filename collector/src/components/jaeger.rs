//! Jaeger's all-in-one, with spans in memory. Its API is whole; the module carries no web page.

use crate::cache::Recipe;
use crate::component::{Component, Launch};
use crate::ports::Endpoint;
use crate::site::Site;

pub(crate) const RECIPE: Recipe = Recipe {
    component: Component::Jaeger,
    version: "1.62.0",
    dir: "jaeger",
    files: &["go.mod", "go.sum"],
    steps: &[&[
        "build",
        "-ldflags=-s -w",
        "-o",
        "{bin}/",
        "github.com/jaegertracing/jaeger/cmd/all-in-one",
    ]],
    minutes: 3,
};

/// Listeners of older protocols, which nothing here speaks: any free port will do.
const UNUSED: [&str; 8] = [
    "--collector.otlp.http.host-port",
    "--collector.grpc-server.host-port",
    "--collector.http-server.host-port",
    "--query.grpc-server.host-port",
    "--http-server.host-port",
    "--processor.jaeger-binary.server-host-port",
    "--processor.jaeger-compact.server-host-port",
    "--processor.zipkin-compact.server-host-port",
];

pub(crate) fn launch(site: &Site) -> Launch {
    let mut args = vec![
        format!(
            "--query.http-server.host-port={}",
            site.address(Endpoint::Jaeger)
        ),
        format!(
            "--collector.otlp.grpc.host-port={}",
            site.address(Endpoint::JaegerOtlp)
        ),
        format!(
            "--admin.http.host-port={}",
            site.address(Endpoint::JaegerHealth)
        ),
        "--memory.max-traces=100000".to_owned(),
    ];
    args.extend(UNUSED.iter().map(|flag| format!("{flag}=127.0.0.1:0")));
    Launch {
        program: "all-in-one".to_owned(),
        args,
        env: vec![("SPAN_STORAGE_TYPE", "memory".to_owned())],
        ready: Some(site.url(Endpoint::JaegerHealth)),
        dirs: Vec::new(),
    }
}
