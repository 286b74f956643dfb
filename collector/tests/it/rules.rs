//! The rules: what `promtool` says of them, what was corrected of the original's, and that each
//! alert has a test and a runbook.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use axisor_stack::Component;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::support::{committed, committed_yaml, program};

const RULES: &str = "prometheus/alert_rules.yml";
const ORIGINAL: &str = "prometheus/original/alert_rules.yml";
/// What the names of tests begin with that the original's rules fail.
const CORRECTED: &str = "corrected: ";
/// The original's alerts that are right as they were.
const RIGHT: [&str; 2] = ["HighCPUUsage", "HighMemoryUsage"];

async fn promtool(args: &[&str]) -> Output {
    let promtool = program(Component::Prometheus, "promtool").await;
    let mut command = Command::new(promtool);
    command.args(args).output().await.unwrap()
}

/// What was said where it went wrong.
fn complaint(output: &Output) -> Option<String> {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    (!output.status.success()).then(|| String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn promtool_accepts_the_rules() {
    for rules in [RULES, "prometheus/slo_rules.yml"] {
        let rules = committed(rules);
        let args = ["check", "rules", "--lint=all", "--lint-fatal"];
        let output = promtool(&[&args[..], &[rules.to_str().unwrap()]].concat()).await;
        assert_eq!(complaint(&output), None);
    }
}

#[tokio::test]
async fn every_alert_fires_and_is_silent_when_it_should() {
    let files: Vec<_> = files_of_tests().map(|alert| test_file(&alert)).collect();
    let processors = std::thread::available_parallelism().unwrap();
    let mut runs = JoinSet::new();
    for part in files.chunks(files.len().div_ceil(processors.get())) {
        let part = part.to_vec();
        runs.spawn(async move { test(&part).await });
    }
    let complaints: Vec<_> = runs.join_all().await.into_iter().flatten().collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What `promtool` complains of in these files of tests.
async fn test(files: &[PathBuf]) -> Option<String> {
    let files = files.iter().map(|file| file.to_str().unwrap());
    let args: Vec<_> = ["test", "rules"].into_iter().chain(files).collect();
    complaint(&promtool(&args).await)
}

#[tokio::test]
async fn the_original_fails_every_test_of_a_correction() {
    let mut passed = Vec::new();
    for alert in original_alerts().filter(|alert| !RIGHT.contains(&alert.as_str())) {
        let corrections = groups_of(&alert).filter(is_of_a_correction);
        let corrections: Vec<Value> = corrections.collect();
        assert!(
            !corrections.is_empty(),
            "{alert} has no test of a correction"
        );
        for group in corrections {
            if original_on(&alert, std::slice::from_ref(&group))
                .await
                .is_none()
            {
                passed.push(format!("{alert}: {}", group["name"]));
            }
        }
    }
    assert_eq!(passed, [""; 0], "the original's rules do as well");
}

#[tokio::test]
async fn the_original_passes_the_tests_of_what_was_right() {
    for alert in RIGHT {
        let groups: Vec<Value> = groups_of(alert).collect();
        assert!(!groups.iter().any(is_of_a_correction), "{alert}");
        assert_eq!(original_on(alert, &groups).await, None);
    }
}

/// The original's rules on some of an alert's tests: what was said where they fail.
async fn original_on(alert: &str, groups: &[Value]) -> Option<String> {
    let mut file = tests_of(alert);
    file["rule_files"] = json!([committed(ORIGINAL)]);
    file["tests"] = groups.iter().map(counting_alerts).collect();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tests.yml");
    fs::write(&path, file.to_string()).unwrap();
    test(&[path]).await
}

/// The same group with nothing asked but how many alerts fire: other labels or other words are no
/// mistake of the original's.
fn counting_alerts(group: &Value) -> Value {
    let mut group = group.clone();
    let asked = group.as_object_mut().unwrap().remove("alert_rule_test");
    let asked = asked.unwrap();
    let counted = asked.as_array().unwrap().iter().map(|asked| {
        let alert = asked["alertname"].as_str().unwrap();
        let firing = format!("ALERTS{{alertname=\"{alert}\", alertstate=\"firing\"}}");
        let expected = asked["exp_alerts"].as_array().map_or(0, Vec::len);
        json!({
            "expr": format!("count({firing}) or vector(0)"),
            "eval_time": asked["eval_time"],
            "exp_samples": [{"labels": "{}", "value": expected}],
        })
    });
    group["promql_expr_test"] = counted.collect();
    group
}

#[test]
fn the_originals_alerts_keep_group_severity_and_duration() {
    let kept = |file| -> Vec<[String; 4]> {
        let facts = |(group, rule): (String, Value)| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            [
                group,
                text(&rule["alert"]),
                text(&rule["labels"]["severity"]),
                text(&rule["for"]),
            ]
        };
        alerts(file).into_iter().map(facts).collect()
    };
    let original = kept(ORIGINAL);
    assert_eq!(original.len(), 19);
    assert_eq!(kept(RULES)[..19], original);
}

#[test]
fn every_alert_says_how_bad_it_is_and_where_to_read_on() {
    for (_, rule) in alerts(RULES) {
        let alert = rule["alert"].as_str().unwrap();
        let severity = rule["labels"]["severity"].as_str().unwrap();
        assert!(
            ["critical", "warning", "info"].contains(&severity),
            "{alert}"
        );
        let annotations = &rule["annotations"];
        assert!(annotations["summary"].is_string(), "{alert}");
        assert!(annotations["description"].is_string(), "{alert}");
        let page = format!(
            "https://github.com/axisor/axisor-telemetry/blob/main/collector/runbooks/{alert}.md"
        );
        assert_eq!(annotations["runbook_url"], page);
    }
}

#[test]
fn every_alert_has_a_file_of_tests_and_no_other_has_one() {
    let files: BTreeSet<String> = files_of_tests().collect();
    assert_eq!(files, alert_names(RULES));
    for alert in files {
        for group in groups_of(&alert) {
            assert!(group["name"].is_string(), "{alert}: a group without a name");
            for asked in array(&group["alert_rule_test"]) {
                assert_eq!(asked["alertname"], alert, "{}", group["name"]);
            }
        }
    }
}

#[test]
fn every_alert_is_seen_firing_and_silent() {
    for alert in alert_names(RULES) {
        let fires = |asked: &Value| asked["exp_alerts"].is_array();
        let asked = groups_of(&alert).flat_map(|group| array(&group["alert_rule_test"]));
        let asked: Vec<Value> = asked.collect();
        assert!(asked.iter().any(fires), "{alert} never fires");
        let silent = asked.iter().any(|asked| !fires(asked));
        assert!(silent || alert == "Watchdog", "{alert} is never silent");
    }
}

#[test]
fn every_alert_has_a_runbook_and_the_index_names_it() {
    let mut pages = names_in("runbooks", "md");
    assert!(pages.remove("README"));
    let index = fs::read_to_string(committed("runbooks/README.md")).unwrap();
    for page in &pages {
        let text = fs::read_to_string(committed(&format!("runbooks/{page}.md"))).unwrap();
        assert!(text.starts_with(&format!("# {page}\n")), "{page}");
        assert!(index.contains(&format!("[{page}]({page}.md)")), "{page}");
    }
    let rules = names_in("prometheus", "yml").into_iter();
    let rules = rules.filter(|file| file.ends_with("_rules"));
    let alerts = rules.flat_map(|file| alert_names(&format!("prometheus/{file}.yml")));
    assert_eq!(pages, alerts.collect());
}

fn is_of_a_correction(group: &Value) -> bool {
    group["name"].as_str().unwrap().starts_with(CORRECTED)
}

/// The files whose tests are of these rules, without `.yml`.
fn files_of_tests() -> impl Iterator<Item = String> {
    let files = names_in("prometheus/tests", "yml").into_iter();
    files.filter(|file| tests_of(file)["rule_files"][0] == "../alert_rules.yml")
}

fn groups_of(alert: &str) -> impl Iterator<Item = Value> {
    array(&tests_of(alert)["tests"]).into_iter()
}

fn tests_of(alert: &str) -> Value {
    committed_yaml(&format!("prometheus/tests/{alert}.yml"))
}

fn test_file(alert: &str) -> PathBuf {
    committed(&format!("prometheus/tests/{alert}.yml"))
}

fn original_alerts() -> impl Iterator<Item = String> {
    let alerts = alerts(ORIGINAL).into_iter();
    alerts.map(|(_, rule)| rule["alert"].as_str().unwrap().to_owned())
}

fn alert_names(file: &str) -> BTreeSet<String> {
    let alerts = alerts(file).into_iter();
    alerts
        .map(|(_, rule)| rule["alert"].as_str().unwrap().to_owned())
        .collect()
}

/// Every alert with its group, in the file's order.
fn alerts(file: &str) -> Vec<(String, Value)> {
    let groups = array(&committed_yaml(file)["groups"]);
    let rules = groups.iter().flat_map(|group| {
        let name = group["name"].as_str().unwrap();
        let rules = array(&group["rules"]).into_iter();
        rules.map(move |rule| (name.to_owned(), rule))
    });
    rules
        .filter(|(_, rule)| rule["alert"].is_string())
        .collect()
}

fn array(value: &Value) -> Vec<Value> {
    value.as_array().unwrap().clone()
}

/// The names of a directory's files of this kind, without it.
fn names_in(dir: &str, extension: &str) -> BTreeSet<String> {
    let files = fs::read_dir(committed(dir)).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|its| its == extension));
    files.map(|file| stem(&file)).collect()
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap().to_str().unwrap().to_owned()
}
