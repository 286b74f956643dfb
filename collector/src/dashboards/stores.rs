//! PostgreSQL and Redis, as their exporters and the services see them, and what belongs to others.

use axisor_telemetry::catalog::{ACTIVE_USERS, DATABASE_CONNECTIONS};

use super::Dashboard;
use super::alerts::{AlertError, Alerts};
use super::panel::{Panel, Query, Unit, row};
use super::query::max;

pub(super) fn dashboard(alerts: &Alerts) -> Result<Dashboard, AlertError> {
    let ask = |expression: &str, legend| Query::new(expression.to_owned(), legend);
    let postgres = vec![
        Panel::graph(
            "PostgreSQL",
            "Whether the database answers its exporter.",
            Unit::Health,
        )
        .stat()
        .ask(ask("min(pg_up{job=\"postgres\"})", "database"))
        .alert(&alerts.get("DatabaseDown")?),
        Panel::of(
            "Connections that run a statement",
            &DATABASE_CONNECTIONS,
            Unit::Count,
        )
        .ask(Query::new(max(&DATABASE_CONNECTIONS, "", "job"), "{{job}}"))
        .alert(&alerts.get("DatabaseHighConnections")?),
        Panel::graph(
            "All connections",
            "Connections by database, idle ones included.",
            Unit::Count,
        )
        .ask(ask(
            "sum by (datname) (pg_stat_database_numbackends{datname!=\"\"})",
            "{{datname}}",
        )),
        Panel::graph(
            "Transactions",
            "Transactions by how they ended.",
            Unit::PerSecond,
        )
        .ask(ask(
            "sum(rate(pg_stat_database_xact_commit[$__rate_interval]))",
            "committed",
        ))
        .ask(ask(
            "sum(rate(pg_stat_database_xact_rollback[$__rate_interval]))",
            "rolled back",
        )),
        Panel::of("Active users", &ACTIVE_USERS, Unit::Count)
            .ask(Query::new(max(&ACTIVE_USERS, "", ""), "users")),
    ];
    let redis = vec![
        Panel::graph(
            "Redis",
            "Whether the cache answers its exporter.",
            Unit::Health,
        )
        .stat()
        .ask(ask("min(redis_up{job=\"redis\"})", "cache"))
        .alert(&alerts.get("RedisDown")?),
        Panel::graph(
            "Memory",
            "Memory in use, and the most there may be where that is limited.",
            Unit::Bytes,
        )
        .ask(ask("redis_memory_used_bytes", "in use"))
        .ask(ask("redis_memory_max_bytes > 0", "limit"))
        .runbook(&alerts.get("RedisHighMemoryUsage")?),
        Panel::graph("Commands", "Commands a second.", Unit::PerSecond).ask(ask(
            "sum(rate(redis_commands_processed_total[$__rate_interval]))",
            "commands",
        )),
    ];
    let others = vec![
        Panel::graph(
            "Reached",
            "Whether the prober reaches the frontend, LN Markets and the LND node.",
            Unit::Health,
        )
        .ask(ask("min by (job) (probe_success)", "{{job}}"))
        .alert(&alerts.get("LNMarketsAPIDown")?)
        .runbook(&alerts.get("LNDNodeDown")?)
        .runbook(&alerts.get("FrontendDown")?),
        Panel::graph(
            "Durations of probes",
            "How long each probe took.",
            Unit::Seconds,
        )
        .ask(ask("max by (job) (probe_duration_seconds)", "{{job}}")),
    ];
    Ok(Dashboard {
        uid: "axisor-stores",
        title: "Database, Redis and others",
        description: "PostgreSQL, Redis, and what the prober asks.",
        variables: Vec::new(),
        rows: vec![
            row("PostgreSQL", postgres),
            row("Redis", redis),
            row("Others", others),
        ],
    })
}
