//! The recordings of the original service, on the service's own `/metrics`.

use std::fs;
use std::path::{Path, PathBuf};

use axisor_tests::golden::{Recording, Report, Through, run};

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

async fn play(dir: &Path) -> Report {
    let recordings = Recording::read_all(dir).expect("recordings");
    run(recordings, Through::InProcess).await.expect("a run")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recording_is_met() {
    let report = play(&directory("golden")).await;
    assert_eq!(report.differences(), 0, "{report}");
    assert!(report.compared() > 1500, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_and_state_of_the_format_can_be_played() {
    let report = play(&directory("format")).await;
    assert_eq!(report.differences(), 0, "{report}");
}

/// A copy of one recording, with one of its files changed.
fn changed(name: &str, file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a directory");
    for entry in fs::read_dir(directory("golden")).expect("the recordings") {
        let path = entry.expect("a file").path();
        let file_name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if file_name.starts_with(&format!("{name}.")) {
            let text = fs::read_to_string(&path).expect("a text");
            let text = if file_name == format!("{name}.{file}") {
                text.replace(from, to)
            } else {
                text
            };
            fs::write(copy.path().join(file_name), text).expect("a copy");
        }
    }
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_recording_is_noticed_and_named() {
    for (name, file, from, to) in [
        (
            "traffic",
            "metrics.txt",
            "status_code=\"201\"} 2",
            "status_code=\"201\"} 3",
        ),
        (
            "traffic",
            "metrics.txt",
            "Number of active users",
            "Number of users",
        ),
        (
            "traffic",
            "answers.json",
            "\"status\": 200",
            "\"status\": 204",
        ),
        (
            "custom",
            "scrape-1.txt",
            "axisor_system_health 0",
            "axisor_system_health 1",
        ),
        (
            "duration_boundaries",
            "metrics.txt",
            "le=\"0.1\",method=\"GET\",route=\"/api/work/:ms\"} 2",
            "le=\"0.1\",method=\"GET\",route=\"/api/work/:ms\"} 3",
        ),
        ("slow", "scenario.json", "1.2", "3.2"),
        ("health_flaps", "answers.json", "\"down\"", "\"up\""),
        ("health_flaps", "scenario.json", "\"scrape\"", "\"scrap\""),
        (
            "wrong_method",
            "metrics.txt",
            "route=\"undefined\",status_code=\"404\"} 1",
            "route=\"/\",status_code=\"404\"} 1",
        ),
    ] {
        let report = play(changed(name, file, from, to).path()).await;
        assert!(
            report.differences() > 0,
            "{name}.{file} with `{to}` for `{from}`"
        );
        assert!(report.to_string().starts_with(name), "{report}");
    }
}
