//! The dashboards, read and written by the typed models of the Grafana Foundation SDK for Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use axisor_stack::dashboards;
use axisor_tests::packages;
use etcetera::BaseStrategy as _;
use serde_json::Value;

const SDK: &str = "grafana-foundation-sdk==0.0.21";
/// Reads dashboards into the models and says what the models do not keep as it is.
const CHECK: &str = include_str!("dashboards.py");

/// Where the SDK is, installed once for all runs.
fn sdk() -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().expect("not poisoned");
    let base = etcetera::choose_base_strategy().expect("a home");
    let dir = base.cache_dir().join("axisor-telemetry").join(SDK);
    if !dir.exists() {
        let pip = packages::program("pip3", "python3-pip", || packages::in_path("pip3"));
        let half = tempfile::tempdir_in(dir.parent().expect("a parent")).expect("a directory");
        let output = Command::new(pip.expect("pip"))
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--target",
            ])
            .args([half.path().as_os_str(), SDK.as_ref()])
            .output()
            .expect("pip runs");
        assert!(
            output.status.success(),
            "{SDK} cannot be installed: {}",
            said(&output)
        );
        fs::rename(half.keep(), &dir).expect("the same file system");
    }
    dir
}

/// What of these files the models change.
fn changed(files: &[PathBuf]) -> String {
    let output = Command::new("python3")
        .args(["-c", CHECK])
        .args(files)
        .env("PYTHONPATH", sdk())
        .output()
        .expect("python3");
    said(&output)
}

fn said(output: &Output) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn they_are_what_the_models_write_back() {
    let entries = fs::read_dir(dashboards::committed_dir()).expect("dashboards");
    let files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    assert_eq!(files.len(), 8);
    assert_eq!(changed(&files), "");
}

#[test]
fn what_the_models_do_not_know_is_noticed() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("wrong.json");
    let committed = dashboards::committed_dir().join("axisor-http.json");
    for (wrong, value, expected) in [
        (
            "/panels/1/fieldConfig/defaults/unt",
            Value::from("s"),
            ".panels[1].fieldConfig.defaults.unt is lost",
        ),
        (
            "/panels/1/targets/0/expression",
            Value::from("up"),
            ".panels[1].targets[0].expression is lost",
        ),
        (
            "/panels/2/options/legend/mode",
            Value::from("list"),
            ".panels[2].options.legend.mode is lost",
        ),
        (
            "/panels/2/fieldConfig/defaults/custom/thresholdStyle",
            Value::from("line"),
            ".panels[2].fieldConfig.defaults.custom.thresholdStyle is lost",
        ),
        (
            "/panels/1/gridPos/width",
            Value::from(8),
            ".panels[1].gridPos.width is lost",
        ),
    ] {
        let text = fs::read_to_string(&committed).expect("a dashboard");
        let mut json: Value = serde_json::from_str(&text).expect("JSON");
        let (parent, key) = wrong.rsplit_once('/').expect("a path");
        json.pointer_mut(parent).expect("a place")[key] = value;
        fs::write(&file, json.to_string()).expect("written");
        let said = changed(&[Path::new(&file).to_owned()]);
        assert!(said.contains(expected), "{said}");
    }
}
