//! The pipeline's own health: what services send and lose, the Collector, Prometheus and Alertmanager.

use axisor_telemetry::catalog::{LABEL_OVERFLOW, TELEMETRY_DROPPED, TELEMETRY_EXPORTED};

use super::Dashboard;
use super::panel::{Panel, Query, Unit, row};
use super::query::{rate, rate_or_zero};

/// Prometheus puts the path of the file before a group's name, which says where a machine keeps it.
const RULE_GROUPS: &str = "max by (group) (label_replace(prometheus_rule_group_last_duration_seconds, \"group\", \"$1\", \"rule_group\", \".*;(.*)\"))";

pub(super) fn dashboard() -> Dashboard {
    let ask = |expression: &str, legend| Query::new(expression.to_owned(), legend);
    let services = vec![
        Panel::of("Exported", &TELEMETRY_EXPORTED, Unit::PerSecond).ask(Query::new(
            rate(&TELEMETRY_EXPORTED, "", "signal"),
            "{{signal}}",
        )),
        Panel::of("Dropped", &TELEMETRY_DROPPED, Unit::PerSecond)
            .ask(Query::new(rate_or_zero(&TELEMETRY_DROPPED, ""), "dropped")),
        Panel::of("Label overflow", &LABEL_OVERFLOW, Unit::PerSecond).ask(Query::new(
            rate_or_zero(&LABEL_OVERFLOW, ""),
            "folded into other",
        )),
    ];
    let collector = vec![
        Panel::graph("Accepted", "What the Collector took.", Unit::PerSecond)
            .ask(ask(
                "sum(rate(otelcol_receiver_accepted_spans[$__rate_interval]))",
                "spans",
            ))
            .ask(ask(
                "sum(rate(otelcol_receiver_accepted_metric_points[$__rate_interval]))",
                "metric points",
            )),
        Panel::graph(
            "Refused",
            "What the Collector refused, which services send again.",
            Unit::PerSecond,
        )
        .ask(ask(
            "sum(rate(otelcol_receiver_refused_spans[$__rate_interval]))",
            "spans",
        )),
        Panel::graph(
            "Queue",
            "Spans that wait for Jaeger, of those that may.",
            Unit::Share,
        )
        .ask(ask(
            "max by (exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)",
            "{{exporter}}",
        )),
        Panel::graph("Memory", "What the Collector's process holds.", Unit::Bytes)
            .ask(ask("max(otelcol_process_memory_rss)", "resident")),
    ];
    let stack = vec![
        Panel::graph("Targets", "Whether each job answers.", Unit::Health)
            .ask(ask("min by (job) (up)", "{{job}}")),
        Panel::graph("Scrapes", "How long each job's scrape took.", Unit::Seconds)
            .ask(ask("max by (job) (scrape_duration_seconds)", "{{job}}")),
        Panel::graph("Rules", "How long each group of rules took.", Unit::Seconds)
            .ask(ask(RULE_GROUPS, "{{group}}")),
        Panel::graph("Alerts that fire", "As Alertmanager has them.", Unit::Count)
            .ask(ask("sum by (state) (alertmanager_alerts)", "{{state}}")),
    ];
    Dashboard {
        uid: "axisor-pipeline",
        title: "Telemetry pipeline",
        description: "What services send and lose, and whether the stack behind them works.",
        variables: Vec::new(),
        rows: vec![
            row("Services", services),
            row("Collector", collector),
            row("Stack", stack),
        ],
    }
}
