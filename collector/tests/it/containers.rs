//! The way through Docker, against a program that stands in for `docker`: it writes down what
//! it is asked, and the services that would be in containers are the test's own.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tokio::process::Command;

use crate::support::{serve, until};

const DOCKER: &str = r#"#!/bin/sh
echo "$*" >> "$ASKED"
case "$*" in *" up "*) env | grep '^AXISOR_' | sort > "$ASKED.up" ;; esac
"#;

fn stand_in(dir: &Path) {
    let docker = dir.join("docker");
    fs::write(&docker, DOCKER).unwrap();
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

const ASKED_AFTER: [&str; 4] = ["collector-health", "prometheus", "alertmanager", "jaeger"];

/// Runs `up --docker` until it says that the stack is up, then ends it as Ctrl-C would.
async fn up(dir: &Path) -> String {
    stand_in(dir);
    let ports: [u16; 4] = free_ports();
    let asked = dir.join("asked");
    let path = format!("{}:{}", dir.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_stack"));
    command
        .args(["up", "--docker", "--free-ports", "--dir"])
        .arg(dir.join("stack"))
        .args(["--target", "axisor-backend=127.0.0.1:3010"])
        .args(["--lnmarkets", "https://api.lnmarkets.com/v2/user"])
        .env("AXISOR_WATCH_REDIS", "redis://:s3cret@127.0.0.1:6379")
        .arg("--secrets")
        .arg(dir)
        .env("PATH", path)
        .env("ASKED", &asked)
        .stdout(fs::File::create(dir.join("said")).unwrap())
        .kill_on_drop(true);
    for (endpoint, port) in ASKED_AFTER.iter().zip(ports) {
        command.args(["--port", &format!("{endpoint}={port}")]);
    }
    let mut child = command.spawn().unwrap();
    until("docker is asked to start", || async {
        dir.join("asked.up").exists().then_some(())
    })
    .await;
    for port in ports {
        serve(("127.0.0.1", port), "").await;
    }
    until("it says that the stack is up", || async {
        let said = fs::read_to_string(dir.join("said")).unwrap();
        said.contains("as containers").then_some(())
    })
    .await;
    let id = child.id().unwrap().to_string();
    let interrupt = std::process::Command::new("kill")
        .args(["-s", "INT", &id])
        .status();
    assert!(interrupt.unwrap().success());
    assert!(child.wait().await.unwrap().success());
    fs::read_to_string(asked).unwrap()
}

#[tokio::test]
async fn up_and_ctrl_c_are_compose_up_and_down_on_the_committed_file() {
    let dir = tempfile::tempdir().unwrap();
    let asked = up(dir.path()).await;
    let file = crate::support::committed("compose.yaml");
    let compose = format!(
        "compose --project-name axisor-stack --file {}",
        file.display()
    );
    let expected = format!(
        "{compose} up --detach --wait otel-collector prometheus alertmanager jaeger redis-exporter blackbox-exporter grafana"
    );
    assert!(asked.lines().any(|line| line == expected), "{asked}");
    let last = asked.lines().last().unwrap();
    assert_eq!(last, format!("{compose} down"));
}

#[tokio::test]
async fn compose_is_given_the_ports_and_a_prometheus_yml_that_finds_the_host() {
    let dir = tempfile::tempdir().unwrap();
    up(dir.path()).await;
    let given = fs::read_to_string(dir.path().join("asked.up")).unwrap();
    let variables = given
        .lines()
        .filter(|line| line.starts_with("AXISOR_PORT_"));
    assert_eq!(variables.count(), axisor_stack::Endpoint::ALL.len());
    let rendered = dir.path().join("stack/prometheus.yml");
    let alertmanager = dir.path().join("stack/alertmanager.yml");
    for line in [
        format!("AXISOR_PROMETHEUS_YML={}", rendered.display()),
        format!("AXISOR_ALERTMANAGER_YML={}", alertmanager.display()),
        format!("AXISOR_SECRETS={}", dir.path().display()),
        "AXISOR_WATCH_REDIS=redis://:s3cret@host.docker.internal:6379".to_owned(),
    ] {
        assert!(given.lines().any(|given| given == line), "{given}");
    }
    let text = fs::read_to_string(alertmanager).unwrap();
    assert!(
        text.contains("/etc/alertmanager/templates/*.tmpl"),
        "{text}"
    );
    let text = fs::read_to_string(rendered).unwrap();
    assert!(text.contains("host.docker.internal:3010"), "{text}");
}
