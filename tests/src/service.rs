//! Services as processes of their own.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// The longest a service may take to listen.
const START: Duration = Duration::from_secs(20);

/// A running process of the binary `service`; killed when it is dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Service {
    /// Starts `program` as the service `name` on `port` (0: any), with these environment variables, and waits until it
    /// listens. It logs warnings to this process's standard error; what `RUST_LOG` asks for goes nowhere.
    ///
    /// # Errors
    /// If it cannot be started or does not listen within 20 s.
    pub async fn start(
        program: &str,
        name: &str,
        port: u16,
        environment: &[(&str, &str)],
    ) -> io::Result<Self> {
        let asks_for_logs = environment.iter().any(|(name, _)| *name == "RUST_LOG");
        let mut child = Command::new(program)
            .args([name, &port.to_string()])
            .env("AXISOR_LOGGING_LEVEL", "warn")
            .envs(environment.iter().copied())
            .stderr(if asks_for_logs {
                Stdio::null()
            } else {
                Stdio::inherit()
            })
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| io::Error::other("no standard output"))?;
        let mut output = BufReader::new(stdout).lines();
        let line = timeout(START, output.next_line())
            .await??
            .unwrap_or_default();
        let url = line
            .strip_prefix("listening on ")
            .ok_or_else(|| {
                io::Error::other(format!("{name} said `{line}` instead of where it listens"))
            })?
            .to_owned();
        Ok(Self { child, output, url })
    }

    /// Where it listens, `http://127.0.0.1:…`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address without the scheme, as a scrape target has it.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Its port.
    ///
    /// # Panics
    /// Never: it has said where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        let (_, port) = self.url.rsplit_once(':').expect("a port");
        port.parse().expect("a port")
    }

    /// Sends SIGKILL and waits for the end.
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn kill(mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Sends SIGTERM and returns what it said from then on.
    ///
    /// # Errors
    /// If the system refuses or it does not end within 20 s.
    pub async fn stop(mut self) -> io::Result<Vec<String>> {
        let pid = self
            .child
            .id()
            .ok_or_else(|| io::Error::other("already ended"))?;
        Command::new("kill").arg(pid.to_string()).status().await?;
        let mut lines = Vec::new();
        while let Some(line) = timeout(START, self.output.next_line()).await?? {
            lines.push(line);
        }
        self.child.wait().await?;
        Ok(lines)
    }
}
