//! One service as a process: started, listened to, ended.

use std::collections::VecDeque;
use std::env;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axisor_examples::stores;
use axisor_tests::frozen::Frozen;
use rustix::process::Pid;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::fleet::FleetError;
use super::ports::Kind;
use super::trees::{Reader, Trees};

/// How long a service may take to end.
const STOP: Duration = Duration::from_secs(8);

/// So many of the last lines of a service are kept.
const LAST_LINES: usize = 12;

/// How services are told to run.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    pub(crate) seed: u64,
    /// Whether containers must reach them.
    pub(crate) reachable: bool,
    /// The variables of their telemetry; no others of it reach them.
    pub(crate) telemetry: Vec<(&'static str, String)>,
}

/// What all services have printed of traces.
pub(crate) type SharedTrees = Arc<Mutex<Trees>>;

#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) name: &'static str,
    pub(crate) pid: u32,
    child: Child,
    pub(crate) url: String,
    said: Arc<Mutex<VecDeque<String>>>,
}

impl Running {
    /// Starts a service, which ends with this value at the latest.
    pub(crate) fn start(
        kind: &Kind,
        port: u16,
        arguments: &[String],
        orders: &Orders,
        trees: &SharedTrees,
    ) -> Result<Self, FleetError> {
        let name = kind.name;
        let spawn = |source| FleetError::Spawn { name, source };
        let mut command = Command::new(env::current_exe().map_err(spawn)?);
        command
            .args(["service", kind.command, "--until-stdin-closes"])
            .arg(format!("--seed={}", orders.seed))
            .args(arguments);
        if orders.reachable {
            command.arg("--listen=0.0.0.0");
        }
        for variable in telemetry_variables() {
            command.env_remove(variable);
        }
        command.envs(orders.telemetry.iter().map(|(name, value)| (name, value)));
        // A group of its own: Ctrl-C in the terminal reaches the demo alone, which then stops its services in order.
        command.process_group(0).kill_on_drop(true);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().map_err(spawn)?;
        Ok(Self::listen_to(name, port, child, trees))
    }

    fn listen_to(name: &'static str, port: u16, mut child: Child, trees: &SharedTrees) -> Self {
        let said = Arc::default();
        if let Some(errors) = child.stderr.take() {
            tokio::spawn(keep(errors, Arc::clone(&said)));
        }
        if let Some(output) = child.stdout.take() {
            tokio::spawn(read(output, name, Arc::clone(&said), Arc::clone(trees)));
        }
        Self {
            name,
            pid: child.id().unwrap_or_default(),
            child,
            url: format!("http://127.0.0.1:{port}"),
            said,
        }
    }

    /// Whether it still runs.
    pub(crate) fn check(&mut self) -> Result<(), FleetError> {
        let Ok(Some(status)) = self.child.try_wait() else {
            return Ok(());
        };
        Err(FleetError::Died {
            name: self.name,
            pid: self.pid,
            status,
            last_words: lock(&self.said)
                .iter()
                .cloned()
                .collect::<Vec<_>>()
                .join("\n"),
        })
    }

    /// Ends it at once, by SIGKILL.
    pub(crate) async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Freezes it by SIGSTOP: its ports accept, and nothing answers.
    pub(crate) fn freeze(&self) -> Frozen {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        Frozen::new(pid.into_iter().collect())
    }

    /// Closes the service's standard input, on which it ends; kills it if it does not.
    pub(crate) async fn stop(mut self) -> String {
        drop(self.child.stdin.take());
        let ended = timeout(STOP, self.child.wait()).await;
        if ended.is_err() {
            let _ = self.child.kill().await;
            return format!("{} did not end within {STOP:?} and was killed", self.name);
        }
        // What it said last may still be on its way through the pipe.
        let last = timeout(Duration::from_secs(1), self.last_word()).await;
        format!(
            "{} {}",
            self.name,
            last.unwrap_or_else(|_| "ended".to_owned())
        )
    }

    async fn last_word(&self) -> String {
        loop {
            let ended = |line: &&String| line.starts_with("ended");
            if let Some(line) = lock(&self.said).iter().rev().find(ended) {
                return line.clone();
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The variables of this process that the services' telemetry would read.
fn telemetry_variables() -> impl Iterator<Item = String> {
    let read = |name: &String| {
        if stores::VARIABLES.contains(&name.as_str()) || name.starts_with("AXISOR_SENTRY_") {
            return false; // real stores, and a real Sentry, are given to the demo
        }
        let ours = ["OTEL_", "AXISOR_", "TRADING_"];
        name == "RUST_LOG" || ours.iter().any(|ours| name.starts_with(ours))
    };
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(move |name| read(name))
}

/// Keeps the last lines of `output`.
async fn keep(output: impl AsyncRead + Unpin, said: Arc<Mutex<VecDeque<String>>>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        remember(&said, line);
    }
}

/// Takes the trees out of `output` and keeps the last of the other lines.
async fn read(
    output: impl AsyncRead + Unpin,
    name: &'static str,
    said: Arc<Mutex<VecDeque<String>>>,
    trees: SharedTrees,
) {
    let mut lines = BufReader::new(output).lines();
    let mut reader = Reader::new(name);
    while let Ok(Some(line)) = lines.next_line().await {
        let other = reader.read(&line, &mut lock(&trees)).map(str::to_owned);
        if let Some(other) = other {
            remember(&said, other);
        }
    }
}

fn remember(said: &Mutex<VecDeque<String>>, line: String) {
    let mut said = lock(said);
    said.push_back(line);
    if said.len() > LAST_LINES {
        said.pop_front();
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
