//! The linter on what is committed, on the original, and on one mistake after the other.

use std::fs;
use std::path::PathBuf;

use axisor_stack::lint::{Defect, LintError, LintFiles, lint};
use serde_json::json;
use tempfile::TempDir;

use crate::support::committed;

#[test]
fn nothing_committed_can_never_work() {
    let findings = lint(&LintFiles::committed().unwrap()).unwrap();
    let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
}

#[test]
fn what_is_committed_is_all_looked_through() {
    let files = LintFiles::committed().unwrap();
    let names = |files: &[PathBuf]| -> Vec<String> {
        let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
        files.iter().map(name).collect()
    };
    assert_eq!(names(&files.rules), ["alert_rules.yml", "slo_rules.yml"]);
    let Ok(dir) = fs::read_dir(committed("grafana/dashboards")) else {
        return assert_eq!(files.dashboards, [""; 0].map(PathBuf::from));
    };
    assert_eq!(files.dashboards.len(), dir.count());
}

#[test]
fn of_the_original_what_a_linter_can_see_is_found_and_nothing_else() {
    let files = LintFiles {
        rules: vec![committed("prometheus/original/alert_rules.yml")],
        dashboards: Vec::new(),
        scrape: committed("prometheus/original/prometheus.yml"),
    };
    let findings = lint(&files).unwrap();
    let found: Vec<_> = findings
        .into_iter()
        .map(|finding| (finding.place, finding.defect))
        .collect();
    let expected = [
        (
            "axisor-frontend",
            no_exporter("frontend:80", "a web server"),
        ),
        ("postgres", no_exporter("postgres:5432", "PostgreSQL")),
        ("redis", no_exporter("redis:6379", "Redis")),
        ("nginx", no_exporter("nginx:80", "a web server")),
        ("BackendDown", Defect::SilentWhenGone),
        ("FrontendDown", Defect::SilentWhenGone),
        ("DatabaseDown", Defect::SilentWhenGone),
        (
            "DatabaseHighConnections",
            part_of("axisor_database_connections"),
        ),
        ("RedisDown", Defect::SilentWhenGone),
        (
            "RedisHighMemoryUsage",
            Defect::DividesByNoLimit {
                metric: "redis_memory_max_bytes".to_owned(),
            },
        ),
        ("HighResponseTime", Defect::QuantilePerSeries),
        (
            "HighErrorRate",
            Defect::RatioOfSelf {
                metric: "axisor_http_requests_total".to_owned(),
            },
        ),
        (
            "LowSuccessfulTrades",
            part_of("axisor_automation_executions_total"),
        ),
        (
            "PaymentProcessingFailed",
            part_of("axisor_payment_processing_total"),
        ),
        (
            "WorkerDown",
            Defect::SelectsOne {
                matcher: r#"job=~".*worker.*""#.to_owned(),
                only: "notification-worker".to_owned(),
            },
        ),
        ("WorkerDown", Defect::SilentWhenGone),
        ("WorkerQueueBacklog", part_of("axisor_worker_queue_size")),
        ("LNMarketsAPIDown", no_job("lnmarkets-api")),
        ("LNMarketsAPIDown", Defect::SilentWhenGone),
        ("LNDNodeDown", no_job("lnd-node")),
        ("LNDNodeDown", Defect::SilentWhenGone),
        (
            "HighUserLoginFailures",
            part_of("axisor_auth_failures_total"),
        ),
        ("SlowPageLoad", Defect::QuantilePerSeries),
    ];
    let expected = expected.map(|(place, defect)| (place.to_owned(), defect));
    assert_eq!(found, expected);
}

fn no_exporter(target: &str, what: &'static str) -> Defect {
    Defect::NotAnExporter {
        target: target.to_owned(),
        what,
    }
}

fn part_of(metric: &str) -> Defect {
    Defect::PartOfWhole {
        metric: metric.to_owned(),
    }
}

fn no_job(job: &str) -> Defect {
    Defect::UnknownJob {
        job: job.to_owned(),
    }
}

/// Jobs as they may be scraped: two services, whose series come through the Collector, exporters, and one behind a prober.
const SCRAPE: &str = "
scrape_configs:
  - job_name: axisor-backend
    static_configs: [{ targets: ['backend:3010'], labels: { region: eu } }]
  - job_name: margin-monitor
    static_configs: [{ targets: ['margin-monitor:3010'] }]
  - job_name: postgres
    static_configs: [{ targets: ['postgres-exporter:9187'] }]
  - job_name: redis
    static_configs: [{ targets: ['redis-exporter:9121'] }]
  - job_name: node-exporter
    static_configs: [{ targets: ['node-exporter:9100'] }]
  - job_name: otel-collector
    honor_labels: true
    static_configs: [{ targets: ['otel-collector:8889'] }]
  - job_name: axisor-frontend
    metrics_path: /probe
    static_configs: [{ targets: ['http://frontend:80'] }]
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { target_label: __address__, replacement: 'blackbox:9115' }
";

/// What is wrong with an alert of this expression.
fn of_alert(expression: &str) -> Vec<Defect> {
    let rules = json!({"groups": [{"name": "g", "rules": [{"alert": "A", "expr": expression}]}]});
    found(&[("rules", &rules.to_string())])
}

/// What is wrong with files of this content: `rules` (JSON is YAML, too), `dashboard`, `scrape`.
fn found(contents: &[(&str, &str)]) -> Vec<Defect> {
    let findings = looked_through(contents).unwrap();
    findings.into_iter().map(|finding| finding.defect).collect()
}

fn looked_through(
    contents: &[(&str, &str)],
) -> Result<Vec<axisor_stack::lint::Finding>, LintError> {
    let dir = TempDir::new().unwrap();
    let file = |name: &str| -> Vec<PathBuf> {
        let given = contents.iter().filter(|(kind, _)| *kind == name);
        let written = given.map(|(_, content)| {
            let file = dir.path().join(name);
            fs::write(&file, content).unwrap();
            file
        });
        written.collect()
    };
    let scrape = dir.path().join("prometheus.yml");
    fs::write(&scrape, SCRAPE).unwrap();
    lint(&LintFiles {
        rules: file("rules"),
        dashboards: file("dashboard"),
        scrape: file("scrape").pop().unwrap_or(scrape),
    })
}

/// The first expression has this mistake and no other, the others have none.
#[track_caller]
fn refuses(mistaken: &str, is_it: impl Fn(&Defect) -> bool, right: &[&str]) {
    let defects = of_alert(mistaken);
    assert!(
        matches!(defects.as_slice(), [one] if is_it(one)),
        "{mistaken}: {defects:?}"
    );
    for right in right {
        assert_eq!(of_alert(right), [], "{right}");
    }
}

#[test]
fn an_expression_that_is_none() {
    refuses(
        "sum(rate(",
        |one| matches!(one, Defect::Syntax { .. }),
        &["vector(1) > 2"],
    );
}

#[test]
fn a_metric_nobody_emits() {
    let is_it = |one: &Defect| matches!(one, Defect::UnknownMetric { metric } if metric == "axisor_http_request_total");
    refuses(
        "sum(rate(axisor_http_request_total[5m])) > 5",
        is_it,
        &[
            "sum(rate(axisor_http_requests_total[5m])) > 5",
            "sum(rate({__name__=\"axisor_http_requests_total\"}[5m])) > 5",
            "sum({__name__=~\"axisor_.*_total\"}) > 5",
            "pg_up == 0",
            "scrape_samples_scraped == 0",
            "count(ALERTS{alertname=\"A\", alertstate=\"firing\"}) > 3",
        ],
    );
    // The family of a histogram has no samples under its own name.
    let is_it = |one: &Defect| matches!(one, Defect::UnknownMetric { .. });
    refuses(
        "sum(rate(axisor_http_request_duration_seconds[5m])) > 5",
        is_it,
        &[],
    );
    refuses("sum({__name__=~\"axisor_no_such.*\"}) > 5", is_it, &[]);
}

#[test]
fn a_recorded_series_is_one_its_rules_file_emits() {
    let rules = |name: &str| {
        json!({"groups": [{"name": "g", "rules": [
        {"record": "axisor:requests:rate5m", "expr": "sum(rate(axisor_http_requests_total[5m]))"},
        {"alert": "A", "expr": format!("{name}{{any=\"label\"}} > 5")},
    ]}]}).to_string()
    };
    assert_eq!(found(&[("rules", &rules("axisor:requests:rate5m"))]), []);
    let defects = found(&[("rules", &rules("axisor:requests:rate1m"))]);
    assert!(
        matches!(defects.as_slice(), [Defect::UnknownMetric { .. }]),
        "{defects:?}"
    );
}

#[test]
fn a_metric_of_an_exporter_that_is_not_scraped() {
    let is_it = |one: &Defect| matches!(one, Defect::NeverScraped { metric, jobs } if metric == "nginx_up" && jobs == &["nginx"]);
    refuses("nginx_up == 0", is_it, &["redis_up == 0"]);
}

#[test]
fn a_label_the_metric_does_not_have() {
    let is_it =
        |one: &Defect| matches!(one, Defect::UnknownLabel { label, .. } if label == "status");
    refuses(
        r#"sum(rate(axisor_http_requests_total{status="500"}[5m])) > 1"#,
        is_it,
        &[
            r#"sum(rate(axisor_http_requests_total{status_code="500",job="axisor-backend",instance="a"}[5m])) > 1"#,
            r#"sum(rate(axisor_http_requests_total{region="eu"}[5m])) > 1"#,
            r#"node_filesystem_avail_bytes{fstype!="squashfs"} < 10"#,
        ],
    );
    let grouped = "sum by (status) (rate(axisor_http_requests_total[5m])) > 1";
    refuses(
        grouped,
        is_it,
        &[
            "sum by (status_code, job) (rate(axisor_http_requests_total[5m])) > 1",
            "sum without (status) (rate(axisor_http_requests_total[5m])) > 1",
            "count by (__name__, instance) (axisor_system_health) > 1",
            r#"sum by (status) (label_replace(rate(axisor_http_requests_total[5m]), "status", "$1", "status_code", "(.)..")) > 1"#,
        ],
    );
    refuses(
        "max(pg_up) > on (status) max by (job) (redis_up)",
        |one| matches!(one, Defect::UnknownLabel { .. }),
        &["max by (job) (pg_up) > on (job) max by (job) (redis_up)"],
    );
}

#[test]
fn a_job_nobody_scrapes() {
    let is_it = |one: &Defect| *one == no_job("backend");
    refuses(
        r#"absent(up{job="backend"})"#,
        is_it,
        &[r#"absent(up{job="axisor-backend"})"#],
    );
    let either = r#"absent(up{job=~"axisor-backend|backend"})"#;
    refuses(
        either,
        is_it,
        &[r#"absent(up{job=~"axisor-backend|margin-monitor"})"#],
    );
}

#[test]
fn a_value_a_label_never_has() {
    let is_it =
        |one: &Defect| matches!(one, Defect::SelectsNothing { value, .. } if value == "failed");
    refuses(
        r#"sum(rate(axisor_automation_executions_total{status="failed"}[5m])) > 1"#,
        is_it,
        &[
            r#"sum(rate(axisor_automation_executions_total{status="failure"}[5m])) > 1"#,
            r#"sum(rate(axisor_payment_processing_total{status="failed"}[5m])) > 1"#,
            r#"sum(rate(axisor_http_requests_total{status_code=~"5..",method!~"HEAD|OPTIONS",route="/any"}[5m])) > 1"#,
        ],
    );
    let nothing = |one: &Defect| matches!(one, Defect::SelectsNothing { .. });
    // None of both alternatives may be dead, whichever way it is meant.
    refuses(
        r#"sum(rate(axisor_automation_executions_total{status!~"failure|failed"}[5m])) > 1"#,
        nothing,
        &[r#"sum(rate(axisor_automation_executions_total{status!~"failure|success"}[5m])) > 1"#],
    );
    refuses(
        r#"pg_up{job="redis"} == 0"#,
        nothing,
        &[r#"pg_up{job="postgres"} == 0"#],
    );
    // What comes through the Collector keeps its job.
    refuses(
        r#"sum(rate(axisor_http_requests_total{job="otel-collector"}[5m])) > 1"#,
        nothing,
        &[r#"absent(up{job="otel-collector"})"#],
    );
    refuses(
        r#"sum(rate(axisor_http_request_duration_seconds_bucket{le="3"}[5m])) > 1"#,
        nothing,
        &[r#"sum(rate(axisor_http_request_duration_seconds_bucket{le="+Inf"}[5m])) > 1"#],
    );
}

#[test]
fn a_pattern_for_many_that_one_job_meets() {
    let is_it =
        |one: &Defect| matches!(one, Defect::SelectsOne { only, .. } if only == "margin-monitor");
    refuses(
        r#"absent(up{job=~".*monitor.*"})"#,
        is_it,
        &[
            r#"absent(up{job=~".*-.*"})"#,
            r#"absent(up{job=~"margin-monitor"})"#,
        ],
    );
}

#[test]
fn a_bucket_in_one_of_its_two_spellings() {
    let is_it = |one: &Defect| matches!(one, Defect::OneSpelling { bound, .. } if bound == "2");
    let both = r#"sum(rate(axisor_http_request_duration_seconds_bucket{le=~"2|2.0"}[5m])) > 1"#;
    let half = r#"sum(rate(axisor_http_request_duration_seconds_bucket{le="0.5"}[5m])) > 1"#;
    for spelling in ["2", "2.0"] {
        let one = both.replace("=~\"2|2.0", &format!("=\"{spelling}"));
        refuses(&one, is_it, &[both, half]);
    }
}

#[test]
fn a_rate_over_a_gauge() {
    for function in ["rate", "irate", "increase"] {
        refuses(
            &format!("sum({function}(axisor_system_health[5m])) > 1"),
            |one| matches!(one, Defect::RateOfGauge { metric, .. } if metric == "axisor_system_health"),
            &["sum(delta(axisor_system_health[5m])) > 1"],
        );
    }
    refuses(
        "rate(node_memory_MemAvailable_bytes[5m]) > 1",
        |one| matches!(one, Defect::RateOfGauge { .. }),
        &[
            "rate(node_cpu_seconds_total[5m]) > 1",
            "rate(node_netstat_Ip_Forwarding[5m]) > 1",
        ],
    );
}

#[test]
fn a_ratio_of_each_series_to_itself() {
    refuses(
        r#"rate(axisor_http_requests_total{status_code=~"5.."}[5m]) / rate(axisor_http_requests_total[5m]) * 100 > 5"#,
        |one| matches!(one, Defect::RatioOfSelf { .. }),
        &[
            r#"sum(rate(axisor_http_requests_total{status_code=~"5.."}[5m])) / sum(rate(axisor_http_requests_total[5m])) * 100 > 5"#,
            "(node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes) / node_memory_MemTotal_bytes * 100 > 85",
            r#"node_memory_MemFree_bytes{instance="a"} / on () node_memory_MemFree_bytes{instance="b"} > 2"#,
        ],
    );
}

#[test]
fn a_quantile_that_is_not_of_the_whole() {
    let whole = "histogram_quantile(0.95, sum by (le) (rate(axisor_http_request_duration_seconds_bucket[5m]))) > 2";
    let by_route = whole.replace("by (le)", "by (le, route)");
    let without = whole.replace("by (le)", "without (instance)");
    refuses(
        "histogram_quantile(0.95, rate(axisor_http_request_duration_seconds_bucket[5m])) > 2",
        |one| *one == Defect::QuantilePerSeries,
        &[whole, &by_route, &without],
    );
    let rate = "rate(axisor_http_request_duration_seconds_bucket[5m])";
    let summed = |by: &str| format!("sum {by} ({rate})");
    let twice = format!("sum by (le) ({})", summed("by (route)"));
    for lost in [
        summed("by (route)"),
        summed("without (le)"),
        summed(""),
        twice,
    ] {
        let lost = format!("histogram_quantile(0.95, {lost}) > 2");
        refuses(&lost, |one| *one == Defect::QuantileWithoutBuckets, &[]);
    }
}

#[test]
fn a_part_compared_where_the_whole_is_meant() {
    let is_it = |one: &Defect| matches!(one, Defect::PartOfWhole { .. });
    refuses(
        "rate(axisor_auth_failures_total[5m]) > 10",
        is_it,
        &[
            "sum(rate(axisor_auth_failures_total[5m])) > 10",
            "sum by (instance) (rate(axisor_auth_failures_total[5m])) > 10", // asked for
            "rate(axisor_telemetry_dropped_total[5m]) > 0",
            "axisor_system_health == 0", // about the instance itself
            "redis_memory_used_bytes > 1e9",
        ],
    );
    refuses(
        "rate(axisor_automation_executions_total[1h]) == 0",
        is_it,
        &[],
    );
    refuses(
        "topk(3, rate(axisor_auth_failures_total[5m])) > 10",
        is_it,
        &[],
    );
    refuses(
        "axisor_database_connections > 80",
        is_it,
        &["max(axisor_database_connections) > 80"],
    );
}

#[test]
fn a_sum_of_what_each_reports_of_the_same() {
    refuses(
        "sum(axisor_database_connections) > 80",
        |one| matches!(one, Defect::SumOfShared { .. }),
        &[
            "max(axisor_database_connections) > 80",
            "sum(max by (queue) (axisor_worker_queue_size)) > 1000",
            "sum(axisor_automations_in_flight) > 80",
        ],
    );
}

#[test]
fn an_alert_on_a_target_that_is_silent_when_it_is_gone() {
    refuses(
        r#"up{job="axisor-backend"} == 0"#,
        |one| *one == Defect::SilentWhenGone,
        &[
            r#"up{job="axisor-backend"} == 0 or absent(up{job="axisor-backend"})"#,
            r#"(sum(up{job="axisor-backend"}) or vector(0)) == 0"#,
            "up == 0", // whatever there is
            r#"up{job="postgres"} == 1 unless on (job) pg_up"#,
        ],
    );
    let few = r#"count(up{job="axisor-backend"} == 1) < 2"#;
    refuses(few, |one| *one == Defect::SilentWhenGone, &[]);
}

#[test]
fn a_share_of_a_limit_that_is_none() {
    refuses(
        "redis_memory_used_bytes / redis_memory_max_bytes > 0.9",
        |one| matches!(one, Defect::DividesByNoLimit { .. }),
        &[
            "redis_memory_used_bytes / (redis_memory_max_bytes > 0) > 0.9",
            "redis_memory_used_bytes / redis_memory_max_bytes > 0.9 and redis_memory_max_bytes > 0",
        ],
    );
}

#[test]
fn what_is_no_alert_may_show_each_part() {
    let rules = json!({"groups": [{"name": "g", "rules": [
        {"record": "axisor:up", "expr": "up{job=\"redis\"} == 0"},
        {"record": "axisor:failures", "expr": "rate(axisor_auth_failures_total[5m]) > 10"},
    ]}]});
    assert_eq!(found(&[("rules", &rules.to_string())]), []);
}

#[test]
fn a_job_that_asks_what_does_not_know_prometheus() {
    let scrape = |target: &str| {
        format!(
            "scrape_configs: [{{ job_name: redis, static_configs: [{{ targets: ['{target}'] }}] }}]"
        )
    };
    let defects = found(&[("scrape", &scrape("redis:6379"))]);
    assert_eq!(defects, [no_exporter("redis:6379", "Redis")]);
    assert_eq!(found(&[("scrape", &scrape("redis-exporter:9121"))]), []);
    // Behind a prober it may well be asked.
    assert_eq!(found(&[]), []);
}

fn dashboard(expression: &str, variable: &str) -> String {
    let panel = |source: &str, expression: &str| {
        let target = json!({"datasource": {"type": source}, "expr": expression});
        json!({"title": "P", "targets": [target]})
    };
    json!({
        "panels": [
            {"type": "row", "panels": [panel("prometheus", expression)]},
            panel("loki", "{service_name=\"axisor-backend\"} |= \"not PromQL\""),
        ],
        "templating": {"list": [{"name": "route", "query": {"query": variable}}]},
    })
    .to_string()
}

#[test]
fn a_dashboards_panels_and_variables() {
    let requests = r#"sum by (route, $label) (rate(axisor_http_requests_total{job=~"$job",route="${route:raw}"}[$__rate_interval])) * $__range_s"#;
    let routes = "label_values(axisor_http_requests_total{job=~\"[[job]]\"}, route)";
    assert_eq!(found(&[("dashboard", &dashboard(requests, routes))]), []);
    let gauge = requests.replace(
        "axisor_http_requests_total{",
        "axisor_health_check{check=\"a\",",
    );
    let defects = found(&[("dashboard", &dashboard(&gauge, routes))]);
    assert!(
        defects
            .iter()
            .any(|one| matches!(one, Defect::RateOfGauge { .. })),
        "{defects:?}"
    );
    let misspelt = routes.replace(", route", ", rout");
    let defects = found(&[("dashboard", &dashboard(requests, &misspelt))]);
    assert!(
        matches!(defects.as_slice(), [Defect::UnknownLabel { label, .. }] if label == "rout"),
        "{defects:?}"
    );
}

#[test]
fn a_finding_says_where_it_is() {
    let findings = looked_through(&[(
        "dashboard",
        &dashboard("no_such_metric", "query_result(up)"),
    )]);
    let [finding] = findings.unwrap().try_into().unwrap();
    assert!(finding.file.ends_with("dashboard"));
    assert!(
        finding
            .to_string()
            .ends_with("dashboard: P: nobody emits `no_such_metric`")
    );
}

#[test]
fn a_file_that_is_none_of_its_kind_is_an_error_that_names_it() {
    let error = looked_through(&[("rules", "groups: 5")]).unwrap_err();
    assert!(matches!(&error, LintError::Yaml { file, .. } if file.ends_with("rules")));
    assert!(error.to_string().ends_with("rules` is no file of rules"));
    let error = looked_through(&[("scrape", "scrape_configs: [{}]")]).unwrap_err();
    assert!(matches!(
        error,
        LintError::Yaml {
            expected: "scrape jobs",
            ..
        }
    ));
    let error = looked_through(&[("dashboard", "{")]).unwrap_err();
    assert!(matches!(error, LintError::Json { .. }));
    let files = LintFiles {
        rules: vec![committed("no-such-file.yml")],
        dashboards: Vec::new(),
        scrape: committed("prometheus/prometheus.yml"),
    };
    let error = lint(&files).unwrap_err();
    assert!(matches!(error, LintError::Read { file, .. } if file.ends_with("no-such-file.yml")));
}
