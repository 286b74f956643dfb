//! The stack as processes of this machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use crate::cache::{ProvisionError, provision};
use crate::component::{Component, Launch};
use crate::error::{ControlError, StartError};
use crate::http;
use crate::process::Process;
use crate::progress::Progress;
use crate::site::Site;

/// Where each component's programs are.
pub(crate) type Programs = BTreeMap<Component, PathBuf>;

pub(crate) async fn programs(
    components: &[Component],
    progress: Progress,
) -> Result<Programs, ProvisionError> {
    let mut programs = Programs::new();
    for component in components {
        programs.insert(*component, provision(*component, progress).await?);
    }
    Ok(programs)
}

#[derive(Debug)]
pub(crate) struct Native {
    programs: Programs,
    processes: Mutex<BTreeMap<Component, Process>>,
}

impl Native {
    /// Starts every component, then waits until each is ready.
    pub(crate) async fn start(programs: Programs, site: &Site) -> Result<Self, StartError> {
        let logs = site.dir.join("logs");
        fs::create_dir_all(&logs).map_err(StartError::file("cannot create", &logs))?;
        for component in &site.components {
            let _ = fs::remove_file(site.log(*component)); // of an earlier run
        }
        let native = Self {
            programs,
            processes: Mutex::default(),
        };
        let mut processes = native.processes.lock().await;
        for component in &site.components {
            processes.insert(*component, native.launch(*component, site).await?);
        }
        for (component, process) in processes.iter_mut() {
            until_ready(*component, process, site).await?;
        }
        drop(processes);
        Ok(native)
    }

    pub(crate) async fn start_again(
        &self,
        component: Component,
        site: &Site,
    ) -> Result<(), ControlError> {
        let mut processes = self.processes.lock().await;
        if !site.components.contains(&component) {
            return Err(ControlError::NotPartOfStack { component });
        }
        if processes.contains_key(&component) {
            return Err(ControlError::AlreadyRunning { component });
        }
        let mut process = self.launch(component, site).await?;
        until_ready(component, &mut process, site).await?;
        processes.insert(component, process);
        Ok(())
    }

    async fn launch(&self, component: Component, site: &Site) -> Result<Process, StartError> {
        let launch = component.launch(site);
        let programs = &self.programs[&component];
        Process::start(programs, &launch, &site.log(component))
            .await
            .map_err(|source| StartError::Spawn {
                component,
                program: programs.join(&launch.program),
                source,
            })
    }

    pub(crate) async fn kill(&self, component: Component) -> Result<(), ControlError> {
        let process = self.take(component).await?;
        process
            .kill()
            .await
            .map_err(ControlError::process("kill", component))
    }

    pub(crate) async fn stop(&self, component: Component) -> Result<(), ControlError> {
        let process = self.take(component).await?;
        process
            .stop()
            .await
            .map_err(ControlError::process("stop", component))
    }

    pub(crate) async fn pause(&self, component: Component) -> Result<(), ControlError> {
        let processes = self.processes.lock().await;
        running(&processes, component)?
            .pause()
            .await
            .map_err(ControlError::process("pause", component))
    }

    pub(crate) async fn resume(&self, component: Component) -> Result<(), ControlError> {
        let processes = self.processes.lock().await;
        running(&processes, component)?
            .resume()
            .map_err(ControlError::process("resume", component))
    }

    /// Stops what still runs, senders before takers, so that nothing under way is lost.
    pub(crate) async fn down(&self) -> Result<(), ControlError> {
        let running: Vec<_> = self.processes.lock().await.keys().copied().collect();
        for component in running {
            self.stop(component).await?;
        }
        Ok(())
    }

    async fn take(&self, component: Component) -> Result<Process, ControlError> {
        let process = self.processes.lock().await.remove(&component);
        process.ok_or(ControlError::NotRunning { component })
    }
}

fn running(
    processes: &BTreeMap<Component, Process>,
    component: Component,
) -> Result<&Process, ControlError> {
    let process = processes.get(&component);
    process.ok_or(ControlError::NotRunning { component })
}

/// Generous, for a machine that does other things too; a healthy start takes a second or two.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(60);
pub(crate) const ASK_EVERY: Duration = Duration::from_millis(50);

async fn until_ready(
    component: Component,
    process: &mut Process,
    site: &Site,
) -> Result<(), StartError> {
    let Launch { ready, .. } = component.launch(site);
    let Some(ready) = ready else { return Ok(()) };
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        let answered = http::answers(&ready).await;
        if let Ok(Some(status)) = process.ended() {
            return Err(StartError::died(component, status, site));
        }
        if answered {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(StartError::not_ready(component, ready, READY_WITHIN, site));
        }
        sleep(ASK_EVERY).await;
    }
}
