//! Workers and their queues: who is up, what waits, what becomes of it.

use axisor_telemetry::catalog::{
    WORKER_JOB_ATTEMPTS, WORKER_JOB_DURATION, WORKER_JOB_RETRIES, WORKER_JOB_WAIT,
    WORKER_JOBS_IN_FLIGHT, WORKER_JOBS_SENT, WORKER_QUEUE_SIZE,
};

use super::Dashboard;
use super::alerts::{AlertError, Alerts};
use super::panel::{Panel, Query, Unit, row};
use super::query::{max, quantile, rate, sum};

const QUEUE: &str = "queue=~\"$queue\"";
const WORKERS: &str = "min by (job) (up{job=~\"margin-monitor|automation-executor|notification-worker|payment-validator\"})";

pub(super) fn dashboard(alerts: &Alerts) -> Result<Dashboard, AlertError> {
    let by_queue = |expression| Query::new(expression, "{{queue}}");
    let by_outcome = |expression| Query::new(expression, "{{queue}} {{status}}");
    let workers = vec![
        Panel::graph(
            "Up",
            "Whether each worker answers Prometheus.",
            Unit::Health,
        )
        .stat()
        .ask(Query::new(WORKERS.to_owned(), "{{job}}"))
        .alert(&alerts.get("WorkerDown")?),
        Panel::of("Waiting", &WORKER_QUEUE_SIZE, Unit::Count)
            .ask(by_queue(max(&WORKER_QUEUE_SIZE, QUEUE, "queue")))
            .alert(&alerts.get("WorkerQueueBacklog")?),
        Panel::of(
            "Waiting time, 95th percentile",
            &WORKER_JOB_WAIT,
            Unit::Seconds,
        )
        .ask(by_queue(quantile(0.95, &WORKER_JOB_WAIT, QUEUE, "queue")).with_exemplars()),
    ];
    let jobs = vec![
        Panel::of("Sent", &WORKER_JOBS_SENT, Unit::PerSecond).ask(by_outcome(rate(
            &WORKER_JOBS_SENT,
            QUEUE,
            "queue, status",
        ))),
        Panel::of("Attempts", &WORKER_JOB_ATTEMPTS, Unit::PerSecond).ask(by_outcome(rate(
            &WORKER_JOB_ATTEMPTS,
            QUEUE,
            "queue, status",
        ))),
        Panel::of(
            "Attempts that are not the first",
            &WORKER_JOB_RETRIES,
            Unit::PerSecond,
        )
        .ask(by_queue(rate(&WORKER_JOB_RETRIES, QUEUE, "queue"))),
        Panel::of(
            "Durations of attempts, 95th percentile",
            &WORKER_JOB_DURATION,
            Unit::Seconds,
        )
        .ask(by_queue(quantile(0.95, &WORKER_JOB_DURATION, QUEUE, "queue")).with_exemplars()),
        Panel::of("Under way", &WORKER_JOBS_IN_FLIGHT, Unit::Count).ask(by_queue(sum(
            &WORKER_JOBS_IN_FLIGHT,
            QUEUE,
            "queue",
        ))),
    ];
    Ok(Dashboard {
        uid: "axisor-workers",
        title: "Workers and queues",
        description: "Whether workers are up, and what waits, is tried and fails in their queues.",
        variables: vec![("queue", WORKER_JOB_ATTEMPTS.name)],
        rows: vec![row("Workers", workers), row("Jobs", jobs)],
    })
}
