//! A server as a process of this machine: frozen, stopped and started again by its id.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::frozen::Frozen;
use crate::packages;

/// The longest a server may take to start or stop.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

/// A running server; killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    end: Signal,
    frozen: Option<Frozen>,
}

impl Server {
    /// Starts `command`, whose output goes into `log`, and waits until `ready`. `end` is how it is asked to end.
    ///
    /// # Errors
    /// If it cannot be started, ends, or is not ready within 30 s; the message has the end of the log.
    pub fn start(
        command: &mut Command,
        log: &Path,
        end: Signal,
        mut ready: impl FnMut() -> bool,
    ) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        let mut server = Self {
            child,
            end,
            frozen: None,
        };
        let deadline = Instant::now() + PATIENCE;
        while !ready() {
            let ended = server.child.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                let said = fs::read_to_string(log).unwrap_or_default();
                let what = ended.map_or("is not ready".to_owned(), |status| {
                    format!("ended: {status}")
                });
                return Err(io::Error::other(format!("{command:?} {what}\n{said}")));
            }
            sleep(PAUSE);
        }
        Ok(server)
    }

    /// Its processes: itself and its children, which may have groups of their own.
    ///
    /// # Panics
    /// If `/proc` cannot be read.
    #[must_use]
    pub fn processes(&self) -> Vec<Pid> {
        let parent = self.child.id();
        let mut found: Vec<u32> = vec![parent];
        for entry in fs::read_dir("/proc").expect("/proc").flatten() {
            let name = entry.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            if parent_of(id) == Some(parent) {
                found.push(id);
            }
        }
        let pid = |id: u32| Pid::from_raw(id.cast_signed());
        found.into_iter().filter_map(pid).collect()
    }

    /// Freezes it: connections stay open, and nobody answers. The first process goes first, so that it starts no other.
    pub fn freeze(&mut self) {
        let itself = Pid::from_child(&self.child);
        let _ = kill_process(itself, Signal::STOP);
        self.frozen = Some(Frozen::new(self.processes()));
    }

    /// Undoes [`freeze`](Self::freeze).
    pub fn thaw(&mut self) {
        self.frozen = None;
    }

    /// Asks it to end and waits.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn stop(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        self.thaw();
        let _ = kill_process(Pid::from_child(&self.child), self.end);
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                self.child.kill()?;
            }
            sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// A command the kernel kills when this process dies without a chance to do it, run as another user if one is given.
pub(crate) fn guarded(program: &Path, user: Option<(u32, u32)>) -> Command {
    let Some(setpriv) = packages::in_path("setpriv") else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    if let Some((user, group)) = user {
        command.arg(format!("--reuid={user}"));
        command.arg(format!("--regid={group}"));
        command.arg("--clear-groups");
    }
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

fn parent_of(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}
