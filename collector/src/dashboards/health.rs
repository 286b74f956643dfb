//! Health: of each service, its checks and polls, and the host.

use axisor_telemetry::catalog::{
    HEALTH_CHECK, HEALTH_CHECKS_ABANDONED, POLL_FAILURES, SYSTEM_HEALTH,
};

use super::Dashboard;
use super::alerts::{AlertError, Alerts};
use super::panel::{Panel, Query, Unit, row};
use super::query::{JOB, min, rate_or_zero};

const UP: &str = "min by (job) (up{job=~\"$job\"})";
const CPU: &str =
    "100 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[$__rate_interval])) * 100";
const MEMORY: &str = "(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) * 100";
const DISK: &str = "node_filesystem_avail_bytes{fstype!~\"squashfs|erofs|iso9660|udf|tmpfs|ramfs\"} / node_filesystem_size_bytes * 100 unless node_filesystem_readonly == 1";

pub(super) fn dashboard(alerts: &Alerts) -> Result<Dashboard, AlertError> {
    let services = vec![
        Panel::of("Health", &SYSTEM_HEALTH, Unit::Health)
            .stat()
            .ask(Query::new(min(&SYSTEM_HEALTH, JOB, "job"), "{{job}}"))
            .alert(&alerts.get("SystemUnhealthy")?),
        Panel::graph(
            "Up",
            "Whether each service answers Prometheus.",
            Unit::Health,
        )
        .ask(Query::new(UP.to_owned(), "{{job}}"))
        .alert(&alerts.get("BackendDown")?)
        .runbook(&alerts.get("WorkerDown")?),
    ];
    let checks = vec![
        Panel::of("Checks", &HEALTH_CHECK, Unit::Health)
            .ask(Query::new(
                min(&HEALTH_CHECK, JOB, "job, check"),
                "{{job}} {{check}}",
            ))
            .alert(&alerts.get("HealthCheckFailing")?),
        Panel::of(
            "Abandoned checks",
            &HEALTH_CHECKS_ABANDONED,
            Unit::PerSecond,
        )
        .ask(Query::new(
            rate_or_zero(&HEALTH_CHECKS_ABANDONED, JOB),
            "abandoned",
        )),
        Panel::of("Failed polls", &POLL_FAILURES, Unit::PerSecond)
            .ask(Query::new(rate_or_zero(&POLL_FAILURES, JOB), "failed")),
    ];
    let host = vec![
        Panel::graph("Processors", "Busy share of all processors.", Unit::Percent)
            .ask(Query::new(CPU.to_owned(), "{{instance}}"))
            .alert(&alerts.get("HighCPUUsage")?),
        Panel::graph("Memory", "Share of memory in use.", Unit::Percent)
            .ask(Query::new(MEMORY.to_owned(), "{{instance}}"))
            .alert(&alerts.get("HighMemoryUsage")?),
        Panel::graph(
            "Free disk space",
            "Free share of each disk that is written to.",
            Unit::Percent,
        )
        .ask(Query::new(DISK.to_owned(), "{{mountpoint}}"))
        .alert(&alerts.get("DiskSpaceLow")?),
    ];
    Ok(Dashboard {
        uid: "axisor-health",
        title: "Health",
        description: "Health of the services, their checks and polls, and of the host.",
        variables: vec![("job", SYSTEM_HEALTH.name)],
        rows: vec![
            row("Services", services),
            row("Checks and polls", checks),
            row("Host", host),
        ],
    })
}
