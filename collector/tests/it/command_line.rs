//! `cargo stack` as a user runs it.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::{committed, get, get_json, refuses, until};

fn stack(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stack"));
    command.args(args).kill_on_drop(true);
    command
}

/// A running `up`, and where Prometheus is by its own words.
struct Up {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    prometheus: String,
}

impl Up {
    async fn start(dir: &Path) -> Self {
        Self::start_watching(dir, &[]).await
    }

    async fn start_watching(dir: &Path, watched: &[(&str, &str)]) -> Self {
        let dir = dir.display().to_string();
        let mut child = stack(&["up", "--native", "--free-ports", "--dir", &dir])
            .env("AXISOR_SECRETS", &dir) // nobody is told of a test
            .envs(watched.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let prometheus = loop {
            let line = lines.next_line().await.unwrap().expect("it went down");
            if let Some(url) = line.trim().strip_prefix("Prometheus ") {
                break url.trim().to_owned();
            }
        };
        Self {
            child,
            lines,
            prometheus,
        }
    }

    fn port(&self) -> u16 {
        let port = self.prometheus.rsplit(':').next().unwrap();
        port.parse().unwrap()
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-s", name, &id])
            .status();
        assert!(sent.unwrap().success());
    }
}

#[tokio::test]
async fn up_tells_where_everything_is_and_ends_cleanly_on_ctrl_c() {
    let dir = tempfile::tempdir().unwrap();
    let mut up = Up::start(dir.path()).await;
    let ready = get(&format!("{}/-/ready", up.prometheus)).await;
    assert!(ready.is_some());
    assert!(dir.path().join("logs/collector.log").exists());
    up.signal("INT");
    let mut last = String::new();
    while let Some(line) = up.lines.next_line().await.unwrap() {
        last = line;
    }
    assert_eq!(last, "stopped");
    assert!(up.child.wait().await.unwrap().success());
    assert!(refuses(up.port()).await);
}

#[tokio::test]
async fn nothing_outlives_a_killed_runner() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path()).await;
    up.signal("KILL");
    let port = up.port();
    until("Prometheus is gone", || async {
        refuses(port).await.then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_watched_is_said_in_variables() {
    let dir = tempfile::tempdir().unwrap();
    let watched = [
        ("AXISOR_WATCH_HOST", "true"),
        ("AXISOR_WATCH_LND", "127.0.0.1:1"),
    ];
    let up = Up::start_watching(dir.path(), &watched).await;
    let targets = format!("{}/api/v1/targets", up.prometheus);
    until("both jobs are asked through their exporters", || async {
        let answer = get_json(&targets).await?;
        let targets = answer["data"]["activeTargets"].as_array()?.clone();
        let up = |job: &str| {
            let is_up =
                |target: &&Value| target["labels"]["job"] == job && target["health"] == "up";
            targets.iter().any(|target| is_up(&target))
        };
        (up("node-exporter") && up("lnd-node") && !up("redis")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_password_among_the_arguments_is_refused_without_being_repeated() {
    for argument in [
        &["--postgres", "postgres://axisor:s3cret@127.0.0.1/db"][..],
        &["--redis=redis://:s3cret@127.0.0.1:6379"][..],
    ] {
        let output = output(&[&["up", "--native"], argument].concat()).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(said.contains("AXISOR_WATCH_POSTGRES"), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}

async fn output(args: &[&str]) -> Output {
    stack(args).output().await.unwrap()
}

#[tokio::test]
async fn a_misspelt_endpoint_is_answered_with_the_names() {
    let output = output(&["up", "--port", "otlp=4317"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        said.contains("otlp-grpc") && said.contains("`otlp`"),
        "{said}"
    );
}

#[tokio::test]
async fn without_go_the_message_says_what_to_install() {
    let empty = tempfile::tempdir().unwrap();
    let output = stack(&["provision"])
        .env("PATH", empty.path())
        .env("AXISOR_STACK_CACHE", empty.path())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("install Go 1."), "{said}");
}

#[tokio::test]
async fn provision_says_where_the_programs_are() {
    let output = output(&["provision"]).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let dirs: Vec<_> = said
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    assert_eq!(dirs.len(), 4, "{said}");
    assert!(dirs.iter().all(|dir| Path::new(dir).is_dir()), "{said}");
}

#[tokio::test]
async fn lint_prints_what_it_finds_and_fails() {
    let original = committed("prometheus/original");
    let rules = original.join("alert_rules.yml").display().to_string();
    let scrape = original.join("prometheus.yml").display().to_string();
    let output = output(&["lint", "--rules", &rules, "--scrape", &scrape]).await;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("alert_rules.yml: HighErrorRate: divides each series"),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn lint_says_nothing_of_what_is_well() {
    let dir = tempfile::tempdir().unwrap();
    let scrape = dir.path().join("prometheus.yml");
    std::fs::write(&scrape, "scrape_configs: [{ job_name: axisor-backend }]").unwrap();
    let scrape = scrape.display().to_string();
    let rules = committed("prometheus/slo_rules.yml").display().to_string();
    let output = output(&["lint", "--rules", &rules, "--scrape", &scrape]).await;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(output.status.success());
}
