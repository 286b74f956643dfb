//! What a stack shall be, before it runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::alerting;
use crate::component::Component;
use crate::docker::{self, Docker};
use crate::error::StartError;
use crate::native::{self, Native};
use crate::place::Place;
use crate::ports::{Endpoint, Ports};
use crate::progress::Progress;
use crate::render::{self, Seen};
use crate::site::{LogFiles, Site, TailSampling};
use crate::stack::{Engine, Stack};
use crate::watch::{PROBED, Watch};

/// Settings of a [`Stack`]; made by [`Stack::builder`].
#[derive(Debug, Clone, Default)]
#[must_use = "nothing runs before `start`"]
pub struct StackBuilder {
    engine: Choice,
    free_ports: bool,
    ports: BTreeMap<Endpoint, u16>,
    targets: BTreeMap<String, String>,
    watched: BTreeMap<&'static str, Watch>,
    scrape_interval: Option<Duration>,
    haste: Option<u32>,
    metric_expiration: Option<Duration>,
    log_files: Option<LogFiles>,
    tail_sampling: Option<TailSampling>,
    collector_overlay: Option<PathBuf>,
    secrets: Option<PathBuf>,
    only: Option<Vec<Component>>,
    progress: Progress,
    dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default)]
enum Choice {
    #[default]
    WhatAnswers,
    Native,
    Docker,
}

/// Ports that were free may be taken a moment later; so often new ones are tried.
const TRIES: usize = 5;

impl StackBuilder {
    /// Runs processes of this machine, even where Docker answers.
    pub fn native(mut self) -> Self {
        self.engine = Choice::Native;
        self
    }

    /// Runs containers, or fails; without [`native`](Self::native) and this, containers are
    /// run where a Docker engine with Compose answers, and processes elsewhere.
    pub fn docker(mut self) -> Self {
        self.engine = Choice::Docker;
        self
    }

    /// Listens on ports nobody uses, so that many stacks run side by side.
    pub fn free_ports(mut self) -> Self {
        self.free_ports = true;
        self
    }

    /// Listens on this port instead of the usual or a free one.
    pub fn port(mut self, endpoint: Endpoint, port: u16) -> Self {
        self.ports.insert(endpoint, port);
        self
    }

    /// Has Prometheus scrape `address` (`host:port`) as this job.
    ///
    /// Natively a job without a target asks an address where nobody answers: `up` is 0, as for
    /// a service that is not running. In containers it asks the address in `prometheus.yml`.
    pub fn target(mut self, job: impl Into<String>, address: impl Into<String>) -> Self {
        self.targets.insert(job.into(), address.into());
        self
    }

    /// Has an exporter ask this, and Prometheus scrape it; without it the job is as one without a target.
    ///
    /// The exporter is Debian's package, downloaded once where it is not on the path. Natively it asks from this
    /// machine, in containers from a container, where loopback stands for this machine as well.
    pub fn watch(mut self, watch: Watch) -> Self {
        if let Some(probed) = watch.probed() {
            return self.target(watch.job(), probed);
        }
        self.watched.insert(watch.job(), watch);
        self
    }

    /// Scrapes every job and evaluates every rule this often; timeouts are the same.
    pub fn scrape_interval(mut self, interval: Duration) -> Self {
        self.scrape_interval = Some(interval);
        self
    }

    /// Divides every time in the rules and in Alertmanager's routes by `factor`: `for`, intervals, ranges and offsets, how
    /// long a group waits, and how long Alertmanager believes a Prometheus that is silent. With 60 an alert that takes five
    /// minutes fires after five seconds; nothing else about it is changed. A range should still span several scrapes, so
    /// [`scrape_interval`](Self::scrape_interval) goes with it. Processes only, as to the rules.
    ///
    /// # Panics
    /// If `factor` is 0.
    pub fn haste(mut self, factor: u32) -> Self {
        assert!(factor > 0, "times cannot be divided by 0");
        self.haste = Some(factor);
        self
    }

    /// Has the Collector forget a series that was not pushed for so long.
    pub fn metric_expiration(mut self, expiration: Duration) -> Self {
        self.metric_expiration = Some(expiration);
        self
    }

    /// Has the Collector begin a new file of log lines after so many megabytes, and keep so many full ones.
    pub fn log_files(mut self, megabytes: u32, backups: u32) -> Self {
        self.log_files = Some(LogFiles { megabytes, backups });
        self
    }

    /// Has the Collector keep of the traces those with an error or a margin guard action, slow ones, and a share of the
    /// rest; without this it keeps all.
    pub fn tail_sampling(mut self, sampling: TailSampling) -> Self {
        self.tail_sampling = Some(sampling);
        self
    }

    /// Has the Collector read this file over its own configuration. Natively only: in containers it is not seen.
    pub fn collector_overlay(mut self, file: impl Into<PathBuf>) -> Self {
        self.collector_overlay = Some(file.into());
        self
    }

    /// Has Alertmanager tell by those channels whose secrets are files of this directory; without it, nobody is told.
    ///
    /// `alertmanager.yml` names the files: `slack_url`, `telegram_token` and so on.
    pub fn secrets(mut self, dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        // Alertmanager would look for a relative one beside its configuration.
        self.secrets = Some(std::path::absolute(&dir).unwrap_or(dir));
        self
    }

    /// Runs these components only, and the exporters of what is watched.
    pub fn only(mut self, components: impl IntoIterator<Item = Component>) -> Self {
        self.only = Some(components.into_iter().collect());
        self
    }

    /// Where builds tell how far they are; by default on standard error.
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Keeps logs, rendered configuration and data here, across runs.
    ///
    /// By default they are in a directory that goes with the stack (and stays if the thread
    /// panics, so that a failed test leaves its logs).
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Builds what is missing, starts everything and waits until all of it is ready.
    ///
    /// # Errors
    /// [`StartError`]; what had started by then is ended again.
    pub async fn start(self) -> Result<Stack, StartError> {
        let in_containers = match self.engine {
            Choice::Native => false,
            Choice::Docker => true,
            Choice::WhatAnswers => docker::check().await.is_ok(),
        };
        if in_containers {
            self.start_docker().await
        } else {
            self.start_native().await
        }
    }

    async fn start_native(self) -> Result<Stack, StartError> {
        let programs = native::programs(&self.components(), self.progress).await?;
        let mut tries = 1;
        loop {
            let (site, place) = self.prepare(Seen::FromHost)?;
            let error = match Native::start(programs.clone(), &site).await {
                Ok(native) => {
                    let engine = Engine::Native(native);
                    return Ok(Stack::new(engine, site, self.targets, place));
                }
                Err(error) => error,
            };
            if !self.free_ports || !error.is_lost_port() || tries == TRIES {
                place.keep(); // the error names the log
                return Err(error);
            }
            tries += 1;
        }
    }

    async fn start_docker(self) -> Result<Stack, StartError> {
        docker::check().await?;
        let (site, place) = self.prepare(Seen::FromContainer)?;
        let docker = Docker::start(&site, place.is_scratch()).await?;
        let engine = Engine::Docker(docker);
        Ok(Stack::new(engine, site, self.targets, place))
    }

    /// Decides ports and directory, and renders what is rendered.
    fn prepare(&self, seen: Seen) -> Result<(Site, Place), StartError> {
        self.watched.values().try_for_each(Watch::check)?;
        let place = Place::take(self.dir.as_deref())?;
        let site = Site {
            ports: self.choose_ports()?,
            dir: place.path().to_owned(),
            components: self.components(),
            watched: self.watched.clone(),
            scrape_interval: self.scrape_interval,
            haste: self.haste,
            metric_expiration: self.metric_expiration,
            log_files: self.log_files,
            tail_sampling: self.tail_sampling,
            collector_overlay: self.collector_overlay.clone(),
            secrets: self.secrets.clone(),
        };
        render::write(&site, &self.targets, seen)?;
        alerting::write(&site, seen)?;
        Ok((site, place))
    }

    fn components(&self) -> Vec<Component> {
        let wanted = |component: &Component| match &self.only {
            _ if component.is_exporter() => self.watches_with(*component),
            Some(only) => only.contains(component),
            None => true,
        };
        Component::ALL.into_iter().filter(wanted).collect()
    }

    fn watches_with(&self, exporter: Component) -> bool {
        let probes = self.targets.keys().any(|job| PROBED.contains(&&**job));
        let mut watched = self.watched.values();
        watched.any(|watch| watch.exporter() == exporter)
            || (exporter == Component::BlackboxExporter && probes)
    }

    fn choose_ports(&self) -> Result<Ports, StartError> {
        let ports = if self.free_ports {
            Ports::free()
        } else {
            Ports::usual()
        };
        let ports = ports.with(&self.ports);
        match ports.taken(&self.components()) {
            Some((endpoint, port)) => Err(StartError::PortInUse {
                component: endpoint.component(),
                endpoint,
                port,
            }),
            None => Ok(ports),
        }
    }
}
