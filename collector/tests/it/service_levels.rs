//! The objectives, and the alerts on how fast their budgets burn.

use std::fs;

use axisor_stack::Component;
use serde_json::Value;
use tokio::process::Command;

use crate::support::{committed, committed_yaml, program};

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
