//! The objectives, and the alerts on how fast their budgets burn.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use axisor_stack::Component;
use serde_json::Value;
use tokio::process::Command;

use crate::support::{
    committed, committed_yaml, counter, metrics, post, program, quick, until, value,
};

const RULES: &str = "prometheus/slo_rules.yml";

/// The fastest pace an alert asks for; an objective leaves at least so much to fail.
const FASTEST: f64 = 14.4;

#[tokio::test]
async fn the_rules_do_what_their_tests_say() {
    let promtool = program(Component::Prometheus, "promtool").await;
    let output = Command::new(promtool)
        .args(["test", "rules", "slo_burn.yml", "slo_rates.yml"])
        .current_dir(committed("prometheus/tests"))
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[tokio::test]
async fn half_of_all_requests_failing_is_seen_burning_on_the_running_stack() {
    let stack = quick().start().await.unwrap();
    let answered = AtomicU32::new(0);
    until(
        "the share of errors is a half, and an alert waits",
        || async {
            let count = f64::from(answered.fetch_add(10, Ordering::Relaxed));
            post(
                &stack,
                "metrics",
                &metrics("axisor-backend", "a", &[requests(count)]),
            )
            .await;
            let share = value(
                &stack,
                r#"axisor:slo_errors:ratio_rate1h{slo="http_availability"}"#,
            );
            let alert = value(
                &stack,
                r#"sum(ALERTS{alertname="ErrorBudgetBurn", long="1h"})"#,
            );
            let is_half = (share.await?.parse::<f64>().ok()? - 0.5).abs() < 0.01;
            (is_half && alert.await? == "1").then_some(())
        },
    )
    .await;
    stack.down().await.unwrap();
}

/// As many answers of 200 as of 500.
fn requests(count: f64) -> Value {
    let labels = |status| {
        [
            ("method", "GET"),
            ("route", "/api"),
            ("status_code", status),
        ]
    };
    let points: [(&[_], _); 2] = [(&labels("200"), count), (&labels("500"), count)];
    counter(
        "axisor_http_requests_total",
        "Total number of HTTP requests",
        &points,
    )
}

#[test]
fn every_test_has_a_name_and_every_alert_a_test_and_a_runbook() {
    let burn = committed_yaml("prometheus/tests/slo_burn.yml");
    let rates = committed_yaml("prometheus/tests/slo_rates.yml");
    let tests = list(&burn["tests"]).chain(list(&rates["tests"]));
    assert!({ tests }.all(|test| test["name"].is_string()));
    for rule in rules() {
        let Some(alert) = rule["alert"].as_str() else {
            continue;
        };
        let tested = list(&burn["tests"]).flat_map(|test| list(&test["alert_rule_test"]));
        assert!(
            { tested }.any(|test| test["alertname"] == alert),
            "{alert} has no test"
        );
        let url = rule["annotations"]["runbook_url"].as_str().unwrap();
        assert!(url.ends_with(&format!("/collector/runbooks/{alert}.md")));
        let page = fs::read_to_string(committed(&format!("runbooks/{alert}.md"))).unwrap();
        assert!(page.starts_with(&format!("# {alert}\n")));
    }
}

#[test]
fn every_objective_has_rates_and_can_burn_at_every_pace() {
    let objectives: Vec<Value> = recorded("axisor:slo_objective:ratio").collect();
    assert_eq!(objectives.len(), 4);
    for objective in objectives {
        let slo = &objective["labels"]["slo"];
        let of_it = |record| recorded(record).filter(|rule| rule["labels"]["slo"] == *slo);
        assert_eq!(of_it("axisor:slo_events:rate5m").count(), 1, "{slo}");
        assert_eq!(of_it("axisor:slo_errors:rate5m").count(), 1, "{slo}");
        let share = share(&objective);
        assert!(
            share < 1.0 && (1.0 - share) * FASTEST < 1.0,
            "{slo} {share}"
        );
    }
}

/// The number of `vector(NUMBER)`.
fn share(objective: &Value) -> f64 {
    let expression = objective["expr"].as_str().unwrap();
    let number = expression.strip_prefix("vector(").unwrap();
    number.strip_suffix(')').unwrap().parse().unwrap()
}

fn recorded(name: &str) -> impl Iterator<Item = Value> {
    rules()
        .into_iter()
        .filter(move |rule| rule["record"] == name)
}

fn rules() -> Vec<Value> {
    let groups = &committed_yaml(RULES)["groups"];
    list(groups)
        .flat_map(|group| list(&group["rules"]).cloned())
        .collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
