//! Every series of the product: name, kind, labels, help and buckets, in one place.
//!
//! The first seven series of [`CONTRACT`] are the original `MonitoringService`'s, the other four are used
//! by its alert rules. Their names, types, help texts, labels and buckets never change. [`OWN`] holds the
//! product's own telemetry. Instruments, documentation and tests read this table and nothing else.

/// What every series' name begins with; the Collector's configuration passes on no other.
pub const PREFIX: &str = "axisor_";

/// The instrumentation scope of everything this crate records.
pub(crate) const SCOPE: &str = "axisor-telemetry";

/// A series (a metric family in Prometheus' words) as it appears in the exposition.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Series {
    /// The full name, as scraped: counters end in `_total`, durations in `_seconds`.
    pub name: &'static str,
    /// What kind of instrument records it.
    pub kind: Kind,
    /// The labels, in the order in which recorders give their values.
    pub labels: &'static [Label],
    /// The `# HELP` text.
    pub help: &'static str,
}

/// The kind of a series, as in the `# TYPE` line.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Only ever goes up; starts again at 0 with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Observations counted by the upper bounds given here; `+Inf` is implied.
    Histogram {
        /// The upper bounds, rising, in the unit of the series.
        buckets: &'static [f64],
    },
}

impl Kind {
    /// The word of the `# TYPE` line.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram { .. } => "histogram",
        }
    }
}

/// A label of a series and the values it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Label {
    /// The label's name.
    pub name: &'static str,
    /// The values it may take.
    pub values: Values,
}

/// The values a label may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Values {
    /// Any text. Past the family's bound of series such a value is replaced by [`OVERFLOW`](crate::label::OVERFLOW).
    Free,
    /// A set the product knows beforehand, kept as it is even past the bound.
    Closed,
}

/// Upper bounds of the original's duration histograms, in seconds.
pub const DURATION_BUCKETS: &[f64] = &[0.1, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Upper bounds of a custom histogram that names none: prom-client's defaults.
pub const DEFAULT_BUCKETS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Upper bounds of [`WEB_VITAL_DURATION`], in seconds. Among them are those up to which a vital is good, and above which it
/// is poor, so that both shares can be read exactly: TTFB [0.8 and 1.8](https://web.dev/articles/ttfb), FCP
/// [1.8 and 3](https://web.dev/articles/fcp), LCP [2.5 and 4](https://web.dev/articles/lcp), INP
/// [0.2 and 0.5](https://web.dev/articles/inp).
pub const WEB_VITAL_BUCKETS: &[f64] = &[
    0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 1.2, 1.8, 2.5, 3.0, 4.0, 6.0, 10.0,
];

/// Upper bounds of [`LAYOUT_SHIFT_SCORE`], which has no unit: good up to 0.1, poor above 0.25, as
/// [published](https://web.dev/articles/cls).
pub const LAYOUT_SHIFT_BUCKETS: &[f64] = &[0.01, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0];

/// Upper bounds of how long jobs wait, in seconds: from a queue nobody notices to one that stood for a day.
pub const WAIT_BUCKETS: &[f64] = &[
    0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0,
];

/// Upper bounds of how long attempts at jobs take, in seconds.
pub const JOB_BUCKETS: &[f64] = &[
    0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0,
];

const fn free(name: &'static str) -> Label {
    Label {
        name,
        values: Values::Free,
    }
}

const fn closed(name: &'static str) -> Label {
    Label {
        name,
        values: Values::Closed,
    }
}

const fn counter(name: &'static str, labels: &'static [Label], help: &'static str) -> Series {
    Series {
        name,
        kind: Kind::Counter,
        labels,
        help,
    }
}

const fn gauge(name: &'static str, labels: &'static [Label], help: &'static str) -> Series {
    Series {
        name,
        kind: Kind::Gauge,
        labels,
        help,
    }
}

const fn duration(name: &'static str, labels: &'static [Label], help: &'static str) -> Series {
    histogram(name, labels, help, DURATION_BUCKETS)
}

const fn histogram(
    name: &'static str,
    labels: &'static [Label],
    help: &'static str,
    buckets: &'static [f64],
) -> Series {
    Series {
        name,
        kind: Kind::Histogram { buckets },
        labels,
        help,
    }
}

/// HTTP requests answered, by method, route pattern and status.
pub const HTTP_REQUESTS: Series = counter(
    "axisor_http_requests_total",
    &[closed("method"), free("route"), closed("status_code")],
    "Total number of HTTP requests",
);
/// Time from a request's arrival to the last byte of its answer.
pub const HTTP_REQUEST_DURATION: Series = duration(
    "axisor_http_request_duration_seconds",
    &[closed("method"), free("route")],
    "HTTP request duration in seconds",
);
/// Users seen in the last 30 minutes.
pub const ACTIVE_USERS: Series = gauge("axisor_active_users", &[], "Number of active users");
/// Connections of the database that run a statement.
pub const DATABASE_CONNECTIONS: Series = gauge(
    "axisor_database_connections",
    &[],
    "Number of active database connections",
);
/// Automation executions by type and outcome.
pub const AUTOMATION_EXECUTIONS: Series = counter(
    "axisor_automation_executions_total",
    &[free("automation_type"), closed("status")],
    "Total number of automation executions",
);
/// Margin guard actions by action and plan.
pub const MARGIN_GUARD_ACTIONS: Series = counter(
    "axisor_margin_guard_actions_total",
    &[free("action_type"), free("user_plan")],
    "Total number of margin guard actions",
);
/// Whether the health checks that count found everything well when they were last asked.
pub const SYSTEM_HEALTH: Series = gauge(
    "axisor_system_health",
    &[],
    "System health status (1 = healthy, 0 = unhealthy)",
);
/// Payments processed, by outcome.
pub const PAYMENT_PROCESSING: Series = counter(
    "axisor_payment_processing_total",
    &[closed("status")],
    "Total number of processed payments",
);
/// Jobs waiting, by queue.
pub const WORKER_QUEUE_SIZE: Series = gauge(
    "axisor_worker_queue_size",
    &[free("queue")],
    "Number of jobs waiting in a worker queue",
);
/// Failed authentications, by reason.
pub const AUTH_FAILURES: Series = counter(
    "axisor_auth_failures_total",
    &[free("reason")],
    "Total number of failed authentications",
);
/// Page loads as browsers measured them.
pub const PAGE_LOAD_DURATION: Series = duration(
    "axisor_page_load_duration_seconds",
    &[free("page")],
    "Page load duration in seconds",
);

/// Requests that were not answered to the end: the client left or the body broke.
pub const HTTP_REQUESTS_ABORTED: Series = counter(
    "axisor_http_requests_aborted_total",
    &[closed("method"), free("route")],
    "Total number of HTTP requests whose answer was not handed over to the end",
);
/// Time an automation execution took, of functions whose attribute says `duration`.
pub const AUTOMATION_DURATION: Series = duration(
    "axisor_automation_duration_seconds",
    &[free("automation_type"), closed("status")],
    "Duration of automation executions in seconds",
);
/// Automation executions under way, of functions whose attribute says `in_flight`.
pub const AUTOMATIONS_IN_FLIGHT: Series = gauge(
    "axisor_automations_in_flight",
    &[free("automation_type")],
    "Number of automation executions under way",
);
/// Time a margin guard action took, whether it was taken or failed, of functions whose attribute says `duration`.
pub const MARGIN_GUARD_DURATION: Series = duration(
    "axisor_margin_guard_action_duration_seconds",
    &[free("action_type"), free("user_plan"), closed("status")],
    "Duration of margin guard actions in seconds",
);
/// Margin guard actions under way, of functions whose attribute says `in_flight`.
pub const MARGIN_GUARD_IN_FLIGHT: Series = gauge(
    "axisor_margin_guard_actions_in_flight",
    &[free("action_type"), free("user_plan")],
    "Number of margin guard actions under way",
);
/// Jobs handed to a queue, by outcome.
pub const WORKER_JOBS_SENT: Series = counter(
    "axisor_worker_jobs_sent_total",
    &[free("queue"), closed("status")],
    "Total number of jobs handed to a worker queue",
);
/// Attempts at jobs that ended, by outcome.
pub const WORKER_JOB_ATTEMPTS: Series = counter(
    "axisor_worker_job_attempts_total",
    &[free("queue"), closed("status")],
    "Total number of attempts at jobs of a worker queue",
);
/// Those of the attempts that were not the job's first.
pub const WORKER_JOB_RETRIES: Series = counter(
    "axisor_worker_job_retries_total",
    &[free("queue")],
    "Total number of attempts at jobs that had been attempted before",
);
/// Time an attempt at a job took.
pub const WORKER_JOB_DURATION: Series = histogram(
    "axisor_worker_job_duration_seconds",
    &[free("queue"), closed("status")],
    "Duration of attempts at jobs in seconds",
    JOB_BUCKETS,
);
/// Time from a job's being enqueued to the attempt's beginning.
pub const WORKER_JOB_WAIT: Series = histogram(
    "axisor_worker_job_wait_duration_seconds",
    &[free("queue")],
    "Time jobs waited in a worker queue in seconds",
    WAIT_BUCKETS,
);
/// Attempts at jobs under way.
pub const WORKER_JOBS_IN_FLIGHT: Series = gauge(
    "axisor_worker_jobs_in_flight",
    &[free("queue")],
    "Number of attempts at jobs under way",
);
/// Jobs whose carrier could not be read: their trace began anew and their waiting time is unknown.
pub const WORKER_JOB_CARRIERS_UNREADABLE: Series = counter(
    "axisor_worker_job_carriers_unreadable_total",
    &[free("queue")],
    "Total number of attempts at jobs whose carrier could not be read",
);
/// Recordings whose labels were replaced because the family had reached its bound of series.
pub const LABEL_OVERFLOW: Series = counter(
    "axisor_label_overflow_total",
    &[free("metric")],
    "Total number of recordings folded into \"other\" at the bound of series",
);
/// Whether a health check found its part well when it was last asked, by the check's name.
pub const HEALTH_CHECK: Series = gauge(
    "axisor_health_check",
    &[free("check")],
    "Outcome of a health check (1 = healthy, 0 = unhealthy)",
);
/// Health checks that gave no answer in time and were abandoned, by the check's name.
pub const HEALTH_CHECKS_ABANDONED: Series = counter(
    "axisor_health_checks_abandoned_total",
    &[free("check")],
    "Total number of health checks abandoned without an answer in time",
);
/// Polls that failed and wrote 0.
pub const POLL_FAILURES: Series = counter(
    "axisor_poll_failures_total",
    &[free("poll")],
    "Total number of failed polls",
);
/// Web vitals that are times, by page and vital: `ttfb`, `fcp`, `lcp`, `inp`.
pub const WEB_VITAL_DURATION: Series = histogram(
    "axisor_web_vital_duration_seconds",
    &[free("page"), closed("vital")],
    "Web vitals of page loads in seconds",
    WEB_VITAL_BUCKETS,
);
/// The web vital that is no time: how much of a page moved by itself, its cumulative layout shift (CLS).
pub const LAYOUT_SHIFT_SCORE: Series = histogram(
    "axisor_cumulative_layout_shift_score",
    &[free("page")],
    "Cumulative layout shift of page loads, a score without a unit",
    LAYOUT_SHIFT_BUCKETS,
);
/// Browsers' reports that were not recorded, by reason.
pub const BEACONS_REFUSED: Series = counter(
    "axisor_beacons_refused_total",
    &[closed("reason")],
    "Total number of browsers' reports that were refused",
);
/// Spans, metric points and log lines that left the process.
pub const TELEMETRY_EXPORTED: Series = counter(
    "axisor_telemetry_exported_total",
    &[closed("signal")],
    "Total number of telemetry items the receiver accepted",
);
/// Spans, metric points and log lines that were lost, by reason.
pub const TELEMETRY_DROPPED: Series = counter(
    "axisor_telemetry_dropped_total",
    &[closed("signal"), closed("reason")],
    "Total number of telemetry items lost before the receiver accepted them",
);

/// What the doctor sends to see it arrive. No service has it, so it is in none of the lists below.
#[cfg(feature = "doctor")]
pub(crate) const DOCTOR_CANARY: Series = gauge(
    "axisor_doctor_canary",
    &[],
    "Sent by the doctor to see whether it arrives",
);

/// The eleven series of the contract with the original's dashboards and alerts.
pub const CONTRACT: [Series; 11] = [
    HTTP_REQUESTS,
    HTTP_REQUEST_DURATION,
    ACTIVE_USERS,
    DATABASE_CONNECTIONS,
    AUTOMATION_EXECUTIONS,
    MARGIN_GUARD_ACTIONS,
    SYSTEM_HEALTH,
    PAYMENT_PROCESSING,
    WORKER_QUEUE_SIZE,
    AUTH_FAILURES,
    PAGE_LOAD_DURATION,
];

/// How many series of [`CONTRACT`], from its beginning, are announced by their `# HELP` and `# TYPE` while they have
/// no samples: the original's seven.
pub const ANNOUNCED: usize = 7;

/// The product's own series beside the contract.
pub const OWN: [Series; 21] = [
    HTTP_REQUESTS_ABORTED,
    AUTOMATION_DURATION,
    AUTOMATIONS_IN_FLIGHT,
    MARGIN_GUARD_DURATION,
    MARGIN_GUARD_IN_FLIGHT,
    WORKER_JOBS_SENT,
    WORKER_JOB_ATTEMPTS,
    WORKER_JOB_RETRIES,
    WORKER_JOB_DURATION,
    WORKER_JOB_WAIT,
    WORKER_JOBS_IN_FLIGHT,
    WORKER_JOB_CARRIERS_UNREADABLE,
    LABEL_OVERFLOW,
    HEALTH_CHECK,
    HEALTH_CHECKS_ABANDONED,
    POLL_FAILURES,
    WEB_VITAL_DURATION,
    LAYOUT_SHIFT_SCORE,
    BEACONS_REFUSED,
    TELEMETRY_EXPORTED,
    TELEMETRY_DROPPED,
];

/// Every series: the contract first.
pub fn all() -> impl Iterator<Item = &'static Series> {
    CONTRACT.iter().chain(OWN.iter())
}
