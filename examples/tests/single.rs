//! The examples that answer one question each run to their end and show what they promise.

use std::env;
use std::process::Command;

/// What an example prints; cargo builds examples beside the tests.
fn output(example: &str, arguments: &[&str]) -> String {
    let test = env::current_exe().expect("a test knows its program");
    let target = test.ancestors().nth(2).expect("it is in deps");
    let output = Command::new(target.join("examples").join(example))
        .args(arguments)
        .env("AXISOR_PROMETHEUS_PORT", "0")
        .output()
        .expect("cargo has built the example");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

fn assert_lines(output: &str, expected: &[&str]) {
    for line in expected {
        let shown = |shown: &str| shown.starts_with(line);
        assert!(output.lines().any(shown), "`{line}` in\n{output}");
    }
}

#[test]
fn quickstart_counts_an_execution_a_failure_and_the_requests() {
    let expected = [
        r#"axisor_automation_executions_total{automation_type="margin_check",status="success"} 1"#,
        r#"axisor_automation_executions_total{automation_type="margin_check",status="failure"} 1"#,
        r#"axisor_http_requests_total{method="POST",route="/automations/:user/execute",status_code="200"} 1"#,
        "   └─ check_margin",
    ];
    assert_lines(&output("quickstart", &["once"]), &expected);
}

#[test]
fn worker_serves_its_metrics_and_ends_with_its_jobs() {
    let expected = [
        "/metrics and /health on http://",
        "└─ add_margin",
        "wallet of user 7 is empty",
        "traces: ",
    ];
    assert_lines(&output("worker", &[]), &expected);
}

#[test]
fn custom_metrics_are_scraped_and_misuse_is_refused() {
    let expected = [
        r#"axisor_orders_total{kind="market",side="sell"} 2"#,
        "axisor_open_orders 2",
        r#"axisor_slippage_ratio_bucket{le="0.001"} 1"#,
        "refused: metric name `axisor_orders_total` is taken",
    ];
    assert_lines(&output("custom_metrics", &[]), &expected);
}
