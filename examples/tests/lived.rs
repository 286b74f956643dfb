//! Alerts lived through: broken for real, paged, repaired, over. By `cargo drill`, each test with a system of its own.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use axisor_tests::until;
use rustix::process::{Pid, Signal, kill_process};

const DEADLINE: Duration = Duration::from_secs(60);

fn drill(name: &str) -> Command {
    let mut drill = Command::new(env!("CARGO_BIN_EXE_demo"));
    drill.args(["drill", "--only", name]).stdin(Stdio::null());
    drill
}

/// Makes a drill, which succeeds, and asserts that somebody was paged with this alert and severity, and told that it was over.
fn assert_paged(name: &str, alert: &str, severity: &str) {
    let Output {
        status,
        stdout,
        stderr,
    } = drill(name).output().expect("the drill runs");
    let (table, errors) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "{errors}\n{table}");
    let rows = table.lines().map(cells);
    let mut of_alert = rows.filter(|row| row.get(2) == Some(&alert));
    let row = of_alert
        .next()
        .unwrap_or_else(|| panic!("{alert} in\n{table}"));
    assert_eq!(row[3], severity, "{table}");
    for seconds in &row[4..=5] {
        assert!(seconds.parse::<f64>().is_ok(), "{seconds} in\n{table}");
    }
}

fn cells(row: &str) -> Vec<&str> {
    let row = row.trim_matches(['|', ' ']);
    row.split('|').map(str::trim).collect()
}

#[test]
fn a_killed_worker_is_down_by_its_name_until_it_is_back() {
    let alert = "WorkerDown notification-worker";
    assert_paged("notification-worker/killed", alert, "warning");
}

#[test]
fn a_tenth_of_failing_requests_is_a_high_error_rate() {
    assert_paged(
        "requests/failing",
        "HighErrorRate axisor-backend",
        "warning",
    );
}

#[test]
fn a_stopped_postgres_is_a_database_down() {
    assert_paged("postgres/stopped", "DatabaseDown postgres", "critical");
}

#[test]
fn half_of_automations_failing_is_few_successful_trades() {
    assert_paged("automations/failing", "LowSuccessfulTrades", "warning");
}

/// A frozen process notices nothing, so it is what would stay.
#[tokio::test]
async fn nothing_survives_a_drill_that_is_killed_while_postgres_is_frozen() {
    let dir = tempfile::tempdir().expect("a directory, since the drill cannot remove its own");
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("for PostgreSQL's user");
    let mut drill = drill("postgres/frozen")
        .env("TMPDIR", dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the drill runs");
    let mut said = String::new();
    let mut errors = drill.stderr.take().expect("it is piped");
    let mut byte = [0];
    while !said.ends_with("frozen by SIGSTOP") {
        errors.read_exact(&mut byte).expect(&said);
        said.push(byte[0].into());
    }
    let processes = descendants(drill.id());
    assert!(processes.len() > 20, "{processes:?}");
    let stopped = |(id, _): &(u32, _)| state(*id) == Some('T');
    assert!(processes.iter().any(stopped), "{processes:?}");
    let id = Pid::from_child(&drill);
    kill_process(id, Signal::KILL).expect("killed");
    drill.wait().expect("ended");
    let gone = || async {
        let mut left = processes
            .iter()
            .filter(|(id, of)| command(*id).as_ref() == Some(of));
        left.next().is_none().then_some(())
    };
    let gone = until(DEADLINE, "the end of all processes", gone).await;
    gone.unwrap_or_else(|error| panic!("{error}: {processes:#?}"));
}

#[test]
fn what_is_no_drill_is_refused() {
    let output = drill("reddis").output().expect("the drill runs");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("`reddis` is no drill and no component"),
        "{errors}"
    );
}

/// The processes below this one, with their command lines.
fn descendants(ancestor: u32) -> Vec<(u32, Vec<u8>)> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parents: HashMap<u32, u32> = ids.filter_map(|id| Some((id, parent(id)?))).collect();
    let below = |id: &u32| {
        let mut ancestors = std::iter::successors(Some(*id), |id| parents.get(id).copied());
        ancestors.any(|above| above == ancestor)
    };
    let found = parents.keys().filter(|id| **id != ancestor && below(id));
    found.filter_map(|id| Some((*id, command(*id)?))).collect()
}

fn command(id: u32) -> Option<Vec<u8>> {
    let command = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    (!command.is_empty()).then_some(command) // one that has ended and was not waited for has none
}

fn parent(id: u32) -> Option<u32> {
    stat(id)?.split_whitespace().nth(1)?.parse().ok()
}

fn state(id: u32) -> Option<char> {
    stat(id)?.trim_start().chars().next()
}

/// What follows the name: state, parent and so on.
fn stat(id: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    Some(after_name.to_owned())
}
