//! A running stack.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reqwest::Method;
use tokio::sync::Mutex;

use crate::alerting;
use crate::builder::StackBuilder;
use crate::component::Component;
use crate::docker::Docker;
use crate::error::ControlError;
use crate::http;
use crate::native::Native;
use crate::place::Place;
use crate::ports::Endpoint;
use crate::render::{self, Seen};
use crate::site::Site;

/// The Collector, Prometheus, Alertmanager and Jaeger, running and ready.
///
/// Dropping it ends everything at once; [`down`](Self::down) lets each finish first.
#[derive(Debug)]
#[must_use = "the stack ends when this is dropped"]
pub struct Stack {
    engine: Engine,
    site: Site,
    targets: Mutex<BTreeMap<String, String>>,
    place: Place,
}

#[derive(Debug)]
pub(crate) enum Engine {
    Native(Native),
    Docker(Docker),
}

impl Stack {
    /// Settings of a stack; with none, the usual ports and all components.
    pub fn builder() -> StackBuilder {
        StackBuilder::default()
    }

    pub(crate) fn new(
        engine: Engine,
        site: Site,
        targets: BTreeMap<String, String>,
        place: Place,
    ) -> Self {
        Self {
            engine,
            site,
            targets: Mutex::new(targets),
            place,
        }
    }

    /// Where services send OTLP over gRPC: `http://127.0.0.1:4317`.
    pub fn otlp_grpc(&self) -> String {
        self.site.url(Endpoint::OtlpGrpc)
    }

    /// Where services send OTLP over HTTP, without the signal's path: `http://127.0.0.1:4318`.
    pub fn otlp_http(&self) -> String {
        self.site.url(Endpoint::OtlpHttp)
    }

    /// The page of the services' series at the Collector: `http://127.0.0.1:8889/metrics`.
    pub fn exporter(&self) -> String {
        format!("{}/metrics", self.site.url(Endpoint::Exporter))
    }

    /// The page of the Collector's own series: `http://127.0.0.1:8888/metrics`.
    pub fn collector_telemetry(&self) -> String {
        format!("{}/metrics", self.site.url(Endpoint::CollectorTelemetry))
    }

    /// Prometheus: `http://127.0.0.1:9090`.
    pub fn prometheus(&self) -> String {
        self.site.url(Endpoint::Prometheus)
    }

    /// Alertmanager: `http://127.0.0.1:9093`.
    pub fn alertmanager(&self) -> String {
        self.site.url(Endpoint::Alertmanager)
    }

    /// Jaeger: `http://127.0.0.1:16686`.
    pub fn jaeger(&self) -> String {
        self.site.url(Endpoint::Jaeger)
    }

    /// A link that shows the value of an expression now, for people or programs.
    ///
    /// In containers it is Prometheus' page; the Prometheus built from its module has none, so
    /// natively it is the API.
    pub fn query_link(&self, expression: &str) -> String {
        let (path, key) = match self.engine {
            Engine::Native(_) => ("api/v1/query", "query"),
            Engine::Docker(_) => ("query", "g0.expr"),
        };
        let expression: String = form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        format!("{}/{path}?{key}={expression}", self.prometheus())
    }

    /// A link that shows a trace; `trace_id` is 32 hexadecimal digits.
    ///
    /// In containers it is Jaeger's page, natively the API, for the same reason.
    pub fn trace_link(&self, trace_id: &str) -> String {
        let path = match self.engine {
            Engine::Native(_) => "api/traces",
            Engine::Docker(_) => "trace",
        };
        format!("{}/{path}/{trace_id}", self.jaeger())
    }

    /// The port of any endpoint.
    pub fn port(&self, endpoint: Endpoint) -> u16 {
        self.site.port(endpoint)
    }

    /// What runs, in the order of a clean stop.
    pub fn components(&self) -> &[Component] {
        &self.site.components
    }

    /// Whether it runs in containers.
    pub fn is_docker(&self) -> bool {
        matches!(self.engine, Engine::Docker(_))
    }

    /// `logs/<component>.log`, `prometheus.yml` and `alertmanager.yml` as rendered, `data/<component>`.
    pub fn dir(&self) -> &Path {
        &self.site.dir
    }

    /// By which channels alerts are told to whom, such as `on-call: slack, telegram`; empty if nobody is told.
    #[must_use]
    pub fn channels(&self) -> Vec<String> {
        alerting::channels(&self.site)
    }

    /// Where the Collector keeps services' log lines: `logs.json`, and full ones with their time in the name. In
    /// containers that is a volume, and this directory is not there.
    pub fn service_logs(&self) -> PathBuf {
        self.site.service_logs()
    }

    /// Ends a component at once (SIGKILL).
    ///
    /// # Errors
    /// [`ControlError::NotRunning`] if it does not run.
    pub async fn kill(&self, component: Component) -> Result<(), ControlError> {
        match &self.engine {
            Engine::Native(native) => native.kill(component).await,
            Engine::Docker(docker) => Ok(docker.kill(component).await?),
        }
    }

    /// Asks a component to end (SIGTERM) and waits until it has; after 10 s it is killed.
    ///
    /// # Errors
    /// [`ControlError::NotRunning`] if it does not run.
    pub async fn stop(&self, component: Component) -> Result<(), ControlError> {
        match &self.engine {
            Engine::Native(native) => native.stop(component).await,
            Engine::Docker(docker) => Ok(docker.stop(component).await?),
        }
    }

    /// Freezes a component (SIGSTOP): its ports accept, and nothing answers.
    ///
    /// # Errors
    /// [`ControlError::NotRunning`] if it does not run.
    pub async fn pause(&self, component: Component) -> Result<(), ControlError> {
        match &self.engine {
            Engine::Native(native) => native.pause(component).await,
            Engine::Docker(docker) => Ok(docker.pause(component).await?),
        }
    }

    /// Lets a frozen component go on (SIGCONT).
    ///
    /// # Errors
    /// [`ControlError::NotRunning`] if it does not run.
    pub async fn resume(&self, component: Component) -> Result<(), ControlError> {
        match &self.engine {
            Engine::Native(native) => native.resume(component).await,
            Engine::Docker(docker) => Ok(docker.resume(component).await?),
        }
    }

    /// Starts a stopped or killed component, with the same ports and the same data, and waits
    /// until it is ready.
    ///
    /// # Errors
    /// [`ControlError::AlreadyRunning`], or why it did not start.
    pub async fn start_again(&self, component: Component) -> Result<(), ControlError> {
        match &self.engine {
            Engine::Native(native) => native.start_again(component, &self.site).await,
            Engine::Docker(docker) => Ok(docker.start_again(component, &self.site).await?),
        }
    }

    /// Has Prometheus scrape `address` (`host:port`) as this job from now on.
    ///
    /// # Errors
    /// [`ControlError::Render`] for an unknown job or a target that is no address, and
    /// [`ControlError::Reload`] if Prometheus is away or refuses; the target is then as before.
    pub async fn set_target(
        &self,
        job: impl Into<String>,
        address: impl Into<String>,
    ) -> Result<(), ControlError> {
        let mut targets = self.targets.lock().await;
        let mut wanted = targets.clone();
        wanted.insert(job.into(), address.into());
        render::write(&self.site, &wanted, self.seen())?;
        if let Err(refused) = self.reload().await {
            render::write(&self.site, &targets, self.seen())?;
            return Err(refused);
        }
        *targets = wanted;
        Ok(())
    }

    fn seen(&self) -> Seen {
        match self.engine {
            Engine::Native(_) => Seen::FromHost,
            Engine::Docker(_) => Seen::FromContainer,
        }
    }

    async fn reload(&self) -> Result<(), ControlError> {
        let url = format!("{}/-/reload", self.prometheus());
        match http::request(Method::POST, &url).await {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) => Err(ControlError::Reload {
                answer: answer.body.trim().to_owned(),
            }),
            Err(error) => Err(ControlError::Reload {
                answer: error.to_string(),
            }),
        }
    }

    /// Stops everything, senders before takers, and removes the directory unless it was given.
    ///
    /// # Errors
    /// [`ControlError`] if a process could not be ended or the directory not be removed.
    pub async fn down(mut self) -> Result<(), ControlError> {
        match &mut self.engine {
            Engine::Native(native) => native.down().await?,
            Engine::Docker(docker) => docker.down().await?,
        }
        self.place
            .remove()
            .map_err(|source| ControlError::Remove { source })
    }
}
