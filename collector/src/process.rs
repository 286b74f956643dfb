//! One child process: started with a log, signalled, ended for certain.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::component::Launch;

/// After that a process that was asked to end is killed. Longer than the Collector needs to
/// give up on a receiver that does not answer.
const GRACE: Duration = Duration::from_secs(10);

/// A running component. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    pub(crate) async fn start(programs: &Path, launch: &Launch, log: &Path) -> io::Result<Self> {
        for dir in &launch.dirs {
            fs::create_dir_all(dir)?;
        }
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = guarded(&programs.join(&launch.program));
        command
            .args(&launch.args)
            .envs(launch.env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A Ctrl-C at the terminal is for the runner, which ends its children in order.
            .process_group(0)
            .kill_on_drop(true);
        let child = spawn_from_lasting_thread(command).await?;
        Ok(Self { child })
    }

    /// The exit status, if the process has ended by itself.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(self.pid()?, signal)?)
    }

    fn pid(&self) -> io::Result<Pid> {
        let pid = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()));
        pid.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    /// Freezes the process, and waits until its last thread has stopped: before that the signal
    /// is only on its way, and requests are still answered.
    pub(crate) async fn pause(&self) -> io::Result<()> {
        self.signal(Signal::STOP)?;
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        while waitid(WaitId::Pid(self.pid()?), stopped)?.is_none() {
            sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    pub(crate) fn resume(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    pub(crate) async fn kill(mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Asks the process to end and waits; kills it if it takes too long.
    pub(crate) async fn stop(mut self) -> io::Result<()> {
        if self.ended()?.is_some() {
            return Ok(());
        }
        self.signal(Signal::TERM)?;
        self.signal(Signal::CONT)?; // a paused process would not notice
        match timeout(GRACE, self.child.wait()).await {
            Ok(status) => status.map(drop),
            Err(_) => self.child.kill().await,
        }
    }
}

/// Has the kernel kill the child when we die without a chance to do it, where `setpriv` (part of
/// util-linux) is there to ask for that.
fn guarded(program: &Path) -> Command {
    static SETPRIV: LazyLock<Option<PathBuf>> = LazyLock::new(|| in_path("setpriv"));
    let Some(setpriv) = SETPRIV.as_ref() else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// The first program of this name on the PATH.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|candidate| candidate.is_file())
}

/// For the kernel the parent is the thread, not the process: were the child started by a test's
/// thread or a runtime's worker, it would die with that.
async fn spawn_from_lasting_thread(mut command: Command) -> io::Result<Child> {
    type Job = Box<dyn FnOnce() + Send>;
    static THREAD: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| {
        let (sender, jobs) = mpsc::channel::<Job>();
        thread::spawn(move || jobs.into_iter().for_each(|job| job()));
        sender
    });
    let runtime = Handle::current();
    let (done, spawned) = oneshot::channel();
    let job = Box::new(move || {
        let _runtime = runtime.enter();
        let _ = done.send(command.spawn());
    });
    THREAD
        .send(job)
        .map_err(|_| io::Error::other("the thread that starts processes has ended"))?;
    spawned.await.map_err(io::Error::other)?
}
