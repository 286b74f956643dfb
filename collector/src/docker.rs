//! The stack as containers: `docker compose` on `compose.yaml`, with the same ports.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::process::{Command as Blocking, Stdio};

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::component::Component;
use crate::error::StartError;
use crate::http;
use crate::native::{ASK_EVERY, READY_WITHIN};
use crate::ports::Endpoint;
use crate::site::{Site, committed};
use crate::watch::Watch;

/// Why Docker could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DockerError {
    /// There is no engine, or no Compose.
    #[error(
        "`{command}` does not answer ({reason}): install or start Docker with its Compose plugin, or run without it (`cargo stack up --native`)"
    )]
    NoAnswer {
        /// What was asked.
        command: String,
        /// What came back.
        reason: String,
    },
    /// A command failed.
    #[error("`{command}` failed: {reason}")]
    Failed {
        /// The command, as it could be typed.
        command: String,
        /// What it said.
        reason: String,
    },
}

/// Says why not, if no engine with Compose answers.
pub(crate) async fn check() -> Result<(), DockerError> {
    for args in [&["version"][..], &["compose", "version"]] {
        let answer = run(Command::new("docker").args(args)).await;
        answer.map_err(|(command, reason)| DockerError::NoAnswer { command, reason })?;
    }
    Ok(())
}

#[derive(Debug)]
pub(crate) struct Docker {
    project: String,
    env: Vec<(String, String)>,
    /// Each writes one component's log, and ends with it.
    logs: Vec<Child>,
    /// The volumes go with the stack.
    scratch: bool,
    up: bool,
}

impl Docker {
    /// Starts the services and waits until those that have a health check are healthy.
    pub(crate) async fn start(site: &Site, scratch: bool) -> Result<Self, StartError> {
        let logs = site.dir.join("logs");
        std::fs::create_dir_all(&logs).map_err(StartError::file("cannot create", &logs))?;
        let mut docker = Self {
            project: project(site, scratch),
            env: environment(site),
            logs: Vec::new(),
            scratch,
            up: true,
        };
        let mut up = vec!["up", "--detach", "--wait"];
        up.extend(site.components.iter().map(|component| component.service()));
        if !scratch {
            up.push("grafana");
        }
        docker.compose(&up).await?;
        for component in &site.components {
            docker.follow(*component, site)?;
        }
        for component in &site.components {
            until_ready(*component, site).await?;
        }
        Ok(docker)
    }

    pub(crate) async fn kill(&self, component: Component) -> Result<(), DockerError> {
        self.compose(&["kill", component.service()]).await
    }

    pub(crate) async fn stop(&self, component: Component) -> Result<(), DockerError> {
        self.compose(&["stop", component.service()]).await
    }

    pub(crate) async fn pause(&self, component: Component) -> Result<(), DockerError> {
        self.compose(&["pause", component.service()]).await
    }

    pub(crate) async fn resume(&self, component: Component) -> Result<(), DockerError> {
        self.compose(&["unpause", component.service()]).await
    }

    pub(crate) async fn start_again(
        &self,
        component: Component,
        site: &Site,
    ) -> Result<(), StartError> {
        let up = ["up", "--detach", "--wait", "--no-deps", component.service()];
        self.compose(&up).await?;
        until_ready(component, site).await
    }

    pub(crate) async fn down(&mut self) -> Result<(), DockerError> {
        self.compose(self.down_args()).await?;
        self.up = false;
        Ok(())
    }

    fn down_args(&self) -> &'static [&'static str] {
        if self.scratch {
            &["down", "--volumes"]
        } else {
            &["down"]
        }
    }

    async fn compose(&self, args: &[&str]) -> Result<(), DockerError> {
        let mut command = Command::new("docker");
        command.args(self.args(args)).envs(self.env());
        run(&mut command)
            .await
            .map_err(|(command, reason)| DockerError::Failed { command, reason })
    }

    fn follow(&mut self, component: Component, site: &Site) -> Result<(), StartError> {
        let log = site.log(component);
        let follow = ["logs", "--follow", "--no-log-prefix", component.service()];
        let child = File::create(&log).and_then(|file| {
            Command::new("docker")
                .args(self.args(&follow))
                .envs(self.env())
                .stdin(Stdio::null())
                .stdout(file.try_clone()?)
                .stderr(file)
                .kill_on_drop(true)
                .spawn()
        });
        self.logs
            .push(child.map_err(StartError::file("cannot write", &log))?);
        Ok(())
    }

    fn args(&self, args: &[&str]) -> Vec<String> {
        let file = committed("compose.yaml").display().to_string();
        let before = ["compose", "--project-name", &self.project, "--file", &file];
        before.iter().chain(args).map(ToString::to_string).collect()
    }

    fn env(&self) -> impl Iterator<Item = (&str, &str)> {
        self.env.iter().map(|(key, value)| (&**key, &**value))
    }
}

impl Drop for Docker {
    /// Nobody is there to wait any more; the containers must go all the same.
    fn drop(&mut self) {
        if self.up {
            let _ = Blocking::new("docker")
                .args(self.args(self.down_args()))
                .envs(self.env())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
        }
    }
}

/// Asked from outside: not every image has something to ask with.
async fn until_ready(component: Component, site: &Site) -> Result<(), StartError> {
    let url = match component {
        Component::Collector => site.url(Endpoint::CollectorHealth),
        Component::Prometheus => format!("{}/-/ready", site.url(Endpoint::Prometheus)),
        Component::Alertmanager => format!("{}/-/ready", site.url(Endpoint::Alertmanager)),
        Component::Jaeger => site.url(Endpoint::Jaeger),
        _ => return Ok(()), // an exporter: `up` tells
    };
    let deadline = Instant::now() + READY_WITHIN;
    while !http::answers(&url).await {
        if Instant::now() > deadline {
            return Err(StartError::not_ready(component, url, READY_WITHIN, site));
        }
        sleep(ASK_EVERY).await;
    }
    Ok(())
}

/// A stack in a directory of its own is a project of its own.
fn project(site: &Site, scratch: bool) -> String {
    if scratch {
        format!("axisor-stack-{}", site.port(Endpoint::OtlpGrpc))
    } else {
        "axisor-stack".to_owned()
    }
}

/// What `compose.yaml` reads: `AXISOR_PORT_OTLP_GRPC` and the like, and where the rendered files are.
fn environment(site: &Site) -> Vec<(String, String)> {
    let mut env: Vec<_> = Endpoint::ALL
        .map(|endpoint| (port_variable(endpoint), site.port(endpoint).to_string()))
        .into();
    env.push((
        "AXISOR_PROMETHEUS_YML".to_owned(),
        site.prometheus_yml().display().to_string(),
    ));
    env.push((
        "AXISOR_ALERTMANAGER_YML".to_owned(),
        site.alertmanager_yml().display().to_string(),
    ));
    let secrets = site.secrets.as_deref();
    let secrets = secrets.map(|dir| ("AXISOR_SECRETS", dir.display().to_string()));
    let expiration = site.metric_expiration_env();
    let overlay = site.tail_sampling.map(|_| {
        let overlay = "/etc/otelcol/tail_sampling.yaml".to_owned();
        ("AXISOR_COLLECTOR_OVERLAY", overlay)
    });
    let from_here = expiration
        .into_iter()
        .chain(site.log_files_env())
        .chain(overlay)
        .chain(site.tail_sampling_env())
        .chain(secrets);
    let watched = site.watched.values();
    let from_here = from_here.chain(watched.filter_map(Watch::compose_environment));
    env.extend(from_here.map(|(key, value)| (key.to_owned(), value)));
    env
}

pub(crate) fn port_variable(endpoint: Endpoint) -> String {
    let name = endpoint.name().replace('-', "_").to_uppercase();
    format!("AXISOR_PORT_{name}")
}

/// The command as typed, and why it failed.
type Failure = (String, String);

async fn run(command: &mut Command) -> Result<(), Failure> {
    let typed = typed(command.as_std());
    match command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
    {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err((typed, last_words(&output.stderr))),
        Err(error) => Err((typed, why_not_run(&error))),
    }
}

fn typed(command: &Blocking) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}

fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<_> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

fn why_not_run(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is not on the PATH".to_owned(),
        _ => error.to_string(),
    }
}
