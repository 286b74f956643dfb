//! The backend as a process of its own.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const DEADLINE: Duration = Duration::from_secs(30);

/// The backend on a free port, and where it listens.
pub(crate) async fn start(environment: &[(&str, &str)]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_backend"))
        .args(["--port", "0"])
        .env("AXISOR_LOGGING_LEVEL", "warn")
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a backend");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let find = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some((_, url)) = line.split_once("requests on ") {
                return Some(url.to_owned());
            }
        }
        None
    };
    let url = tokio::time::timeout(DEADLINE, find).await;
    (child, url.expect("in time").expect("where it listens"))
}
