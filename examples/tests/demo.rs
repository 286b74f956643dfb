//! `cargo demo` as a newcomer runs it, without the stack.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const SERVICES: [&str; 5] = [
    "axisor-backend",
    "automation-executor",
    "margin-monitor",
    "notification-worker",
    "payment-validator",
];

const OUTSIDE: [&str; 2] = ["LN Markets", "LND"];

fn demo(arguments: &[&str]) -> Command {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"));
    demo.arg("--free-ports")
        .args(arguments)
        .stdin(Stdio::null());
    demo
}

/// The process ids in the demo's first table, by service.
fn process_ids(output: &str) -> Vec<(&str, i32)> {
    let id = |line| -> Option<(&str, i32)> {
        let (name, rest) = str::split_once(line, " pid ")?;
        let id = rest.split_whitespace().next()?;
        Some((name.trim_end(), id.parse().ok()?))
    };
    output.lines().filter_map(id).collect()
}

/// Whether a process of this id is there and is a service of the demo, not another that got the id since.
fn runs(id: i32) -> bool {
    let command = std::fs::read(Path::new("/proc").join(id.to_string()).join("cmdline"));
    command.is_ok_and(|command| String::from_utf8_lossy(&command).contains("--until-stdin-closes"))
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let give_up = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < give_up, "{what}: not within 20 s");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A demo that runs until its services are up, and their ids.
struct Running {
    demo: Child,
    services: Vec<(String, i32)>,
}

impl Running {
    fn start() -> Self {
        let mut demo = demo(&["--every", "60s"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the demo starts");
        let output = BufReader::new(demo.stdout.as_mut().expect("its output is piped"));
        let head: Vec<String> = output
            .lines()
            .map(|line| line.expect("text"))
            .take_while(|line| !line.starts_with("try:"))
            .collect();
        let head = head.join("\n");
        let owned = |(service, id): (&str, i32)| (service.to_owned(), id);
        let services = process_ids(&head).into_iter().map(owned).collect();
        Self { demo, services }
    }

    fn signal(&self, id: i32, signal: Signal) {
        let known = self.services.iter().any(|(_, service)| *service == id) || self.id() == id;
        assert!(known, "only processes of this test are signalled");
        kill_process(Pid::from_raw(id).expect("an id"), signal).expect("the process is there");
    }

    fn id(&self) -> i32 {
        i32::try_from(self.demo.id()).expect("an id")
    }

    fn end(&mut self) -> (Option<i32>, String) {
        let mut errors = String::new();
        let stderr = self.demo.stderr.as_mut().expect("it is piped");
        stderr.read_to_string(&mut errors).expect("text");
        (self.demo.wait().expect("it ends").code(), errors)
    }

    fn assert_services_end(&self) {
        assert_eq!(self.services.len(), SERVICES.len() + OUTSIDE.len());
        for (service, id) in &self.services {
            until(&format!("{service} ends"), || !runs(*id));
        }
    }
}

#[test]
fn the_demo_ends_by_itself_and_shows_urls_series_and_a_tree() {
    let Output {
        status,
        stdout,
        stderr,
    } = demo(&["--for", "5s", "--every", "1s"])
        .output()
        .expect("the demo runs");
    let (output, errors) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "{status}\n{errors}\n{output}");
    for service in SERVICES {
        let opens = |line: &str| {
            line.starts_with(service) && line.contains("/metrics") && line.contains("/health")
        };
        assert!(output.lines().any(opens), "{service} in\n{output}");
    }
    for series in [
        "axisor_http_requests_total",
        "axisor_http_request_duration_seconds",
        "axisor_automation_executions_total",
        "axisor_margin_guard_actions_total",
        "axisor_worker_job_attempts_total",
        "axisor_system_health",
        "axisor_active_users",
        "axisor_database_connections",
    ] {
        assert!(output.contains(series), "{series} in\n{output}");
    }
    assert!(output.contains("margin_check"), "{output}");
    let parts = SERVICES[..4]
        .iter()
        .map(|service| format!("─ [{service}] "));
    for part in parts {
        assert!(output.contains(&part), "a tree with `{part}` in\n{output}");
    }
    for queue in ["automations", "notifications"] {
        let (send, process) = (format!("─ send {queue} "), format!("] process {queue} "));
        let whole = |trace: &str| trace.contains(&send) && trace.contains(&process);
        assert!(
            output.split("trace ").any(whole),
            "{queue}: one trace in\n{output}"
        );
    }
    let ids = process_ids(&output);
    let names: Vec<_> = ids.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, [&SERVICES[..], &OUTSIDE].concat());
    for (service, id) in ids {
        assert!(!runs(id), "{service} is still there");
    }
}

#[test]
fn ctrl_c_ends_the_demo_and_its_services() {
    let mut running = Running::start();
    running.signal(running.id(), Signal::INT);
    let (code, errors) = running.end();
    assert_eq!(code, Some(0), "{errors}");
    running.assert_services_end();
}

#[test]
fn a_service_that_dies_ends_the_demo_with_code_1_and_its_name() {
    let mut running = Running::start();
    let (name, id) = running.services[3].clone();
    running.signal(id, Signal::KILL);
    let (code, errors) = running.end();
    assert_eq!(code, Some(1), "{errors}");
    assert!(
        errors.contains(&format!("{name} (pid {id}) died")),
        "{errors}"
    );
    running.assert_services_end();
}

#[test]
fn services_end_even_if_the_demo_is_killed() {
    let mut running = Running::start();
    running.signal(running.id(), Signal::KILL);
    running.end();
    running.assert_services_end();
}

#[test]
fn a_wrong_time_is_refused_with_what_was_expected() {
    let output = demo(&["--for", "soon"]).output().expect("the demo runs");
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("such as `20s`"), "{errors}");
}
