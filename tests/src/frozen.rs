//! Processes that do not run for a while, and are never left like that.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// Processes stopped by SIGSTOP; they go on when this is dropped, and also if this process is killed before: a frozen process
/// notices neither a closed pipe nor the end of its parent, and would stay.
#[derive(Debug)]
#[must_use = "the processes go on when this is dropped"]
pub struct Frozen {
    processes: Vec<Pid>,
    /// Waits for the end of its input, which comes with the end of this process at the latest.
    guard: Option<Child>,
}

impl Frozen {
    /// Freezes these processes.
    pub fn new(processes: Vec<Pid>) -> Self {
        let guard = guard(&processes).ok();
        signal(&processes, Signal::STOP);
        Self { processes, guard }
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        signal(&self.processes, Signal::CONT);
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }
}

fn signal(processes: &[Pid], signal: Signal) {
    for process in processes {
        let _ = kill_process(*process, signal); // it may have ended meanwhile
    }
}

/// In a group of its own, so that a Ctrl-C does not end it.
fn guard(processes: &[Pid]) -> std::io::Result<Child> {
    let ids = processes.iter().map(|id| id.as_raw_nonzero().to_string());
    Command::new("sh")
        .args(["-c", "cat; kill -CONT \"$@\"", "sh"])
        .args(ids)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}
