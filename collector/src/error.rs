//! What can go wrong while a stack starts, and while it runs.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use crate::cache::ProvisionError;
use crate::component::Component;
use crate::docker::DockerError;
use crate::ports::Endpoint;
use crate::render::RenderError;
use crate::site::Site;
use crate::tail::tail;
use crate::watch::WatchError;

/// Why a stack did not start. Whatever had started has been ended again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A program is not there and cannot be built.
    #[error("a program of the stack cannot be had")]
    Provision(#[from] ProvisionError),
    /// What shall be watched has no address to ask.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// `prometheus.yml` or `alertmanager.yml` could not be rendered.
    #[error("the configuration cannot be rendered")]
    Render(#[from] RenderError),
    /// Docker was asked for, or answered, and then failed.
    #[error("docker failed")]
    Docker(#[from] DockerError),
    /// Somebody else listens on a port.
    #[error(
        "port {port} for `{endpoint}` of {component} is in use: end what listens there, or choose another port with `--port {endpoint}=PORT`"
    )]
    PortInUse {
        /// Whose port.
        component: Component,
        /// For what.
        endpoint: Endpoint,
        /// Which.
        port: u16,
    },
    /// A program could not be run at all.
    #[error("{component} cannot be run from `{}`", program.display())]
    Spawn {
        /// Which component.
        component: Component,
        /// Its program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A component ended before it was ready.
    #[error("{component} ended during its start with {status}; the end of `{}`:\n{tail}", log.display())]
    Died {
        /// Which component.
        component: Component,
        /// Its exit status.
        status: String,
        /// Everything it said.
        log: PathBuf,
        /// The last lines of that.
        tail: String,
    },
    /// A component runs, and does not say that it is ready.
    #[error("{component} did not answer at {url} within {within:?}; the end of `{}`:\n{tail}", log.display())]
    NotReady {
        /// Which component.
        component: Component,
        /// Where it was asked.
        url: String,
        /// How long.
        within: Duration,
        /// Everything it said.
        log: PathBuf,
        /// The last lines of that.
        tail: String,
    },
    /// Another stack has its data there.
    #[error("another stack runs in `{}`: stop it, or choose another directory with `--dir`", dir.display())]
    DirectoryInUse {
        /// The directory asked for.
        dir: PathBuf,
    },
    /// A file or directory of the stack could not be made.
    #[error("{what} `{}`", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StartError {
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| StartError::File { what, path, source }
    }

    pub(crate) fn died(component: Component, status: ExitStatus, site: &Site) -> Self {
        let log = site.log(component);
        StartError::Died {
            component,
            status: status.to_string(),
            tail: tail(&log, 15),
            log,
        }
    }

    pub(crate) fn not_ready(
        component: Component,
        url: String,
        within: Duration,
        site: &Site,
    ) -> Self {
        let log = site.log(component);
        StartError::NotReady {
            component,
            url,
            within,
            tail: tail(&log, 15),
            log,
        }
    }

    /// Somebody took a port between our choosing it and the component's listening on it.
    pub(crate) fn is_lost_port(&self) -> bool {
        matches!(self, StartError::Died { tail, .. } if tail.contains("address already in use"))
    }
}

/// Why a running stack did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The stack was started without this component.
    #[error("{component} is not part of this stack, which was started with `only`")]
    NotPartOfStack {
        /// Which component.
        component: Component,
    },
    /// The component was stopped or killed before.
    #[error("{component} is not running; `start_again` starts it")]
    NotRunning {
        /// Which component.
        component: Component,
    },
    /// The component is up.
    #[error("{component} is running; stop or kill it first")]
    AlreadyRunning {
        /// Which component.
        component: Component,
    },
    /// The process could not be signalled or waited for.
    #[error("cannot {what} {component}")]
    Process {
        /// What was tried.
        what: &'static str,
        /// With which component.
        component: Component,
        /// What the system said.
        source: io::Error,
    },
    /// The component did not start again.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The new target cannot be put into `prometheus.yml`.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Prometheus did not take the new configuration.
    #[error("Prometheus refused to reload its configuration: {answer}")]
    Reload {
        /// What it said.
        answer: String,
    },
    /// Docker failed.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// The stack's directory could not be removed.
    #[error("cannot remove the stack's directory")]
    Remove {
        /// What the system said.
        source: io::Error,
    },
}

impl ControlError {
    pub(crate) fn process(
        what: &'static str,
        component: Component,
    ) -> impl FnOnce(io::Error) -> Self {
        move |source| ControlError::Process {
            what,
            component,
            source,
        }
    }
}
