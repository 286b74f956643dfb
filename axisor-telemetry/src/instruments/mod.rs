//! Handles bound to the catalogue's series: the only way a number gets in.

mod binding;
mod cells;
mod custom;
mod error;
mod exemplars;
mod families;
mod family;
mod labels;
mod origin;
mod points;
mod registry;
mod table;

pub(crate) use binding::Bound;
pub(crate) use cells::{CounterCell, GaugeCell, HistogramCell};
pub use custom::{Counter, CounterSeries, Gauge, GaugeSeries, Histogram, HistogramSeries};
pub use error::MetricError;
pub(crate) use families::Families;
pub(crate) use family::{CounterFamily, Found, GaugeFamily, HistogramFamily};
pub use labels::LabelSet;
pub(crate) use origin::Origin;
pub(crate) use registry::CustomMetrics;

use std::sync::Arc;

use crate::catalog;

/// The instruments of every series in the catalogue, made once per telemetry.
#[cfg_attr(
    not(feature = "axum"),
    expect(dead_code, reason = "nothing takes requests or browsers' reports")
)]
pub(crate) struct Instruments {
    pub(crate) http_requests: Arc<CounterFamily>,
    pub(crate) http_request_duration: Arc<HistogramFamily>,
    pub(crate) http_requests_aborted: Arc<CounterFamily>,
    pub(crate) active_users: Arc<GaugeFamily>,
    pub(crate) database_connections: Arc<GaugeFamily>,
    pub(crate) automation_executions: Arc<CounterFamily>,
    pub(crate) margin_guard_actions: Arc<CounterFamily>,
    pub(crate) system_health: Arc<GaugeFamily>,
    pub(crate) payment_processing: Arc<CounterFamily>,
    pub(crate) worker_queue_size: Arc<GaugeFamily>,
    pub(crate) auth_failures: Arc<CounterFamily>,
    pub(crate) page_load_duration: Arc<HistogramFamily>,
    pub(crate) web_vital_duration: Arc<HistogramFamily>,
    pub(crate) layout_shift_score: Arc<HistogramFamily>,
    pub(crate) beacons_refused: Arc<CounterFamily>,
    pub(crate) health_check: Arc<GaugeFamily>,
    pub(crate) health_checks_abandoned: Arc<CounterFamily>,
    pub(crate) poll_failures: Arc<CounterFamily>,
    pub(crate) automation_duration: Arc<HistogramFamily>,
    pub(crate) automations_in_flight: Arc<GaugeFamily>,
    pub(crate) margin_guard_duration: Arc<HistogramFamily>,
    pub(crate) margin_guard_in_flight: Arc<GaugeFamily>,
    pub(crate) worker_jobs_sent: Arc<CounterFamily>,
    pub(crate) worker_job_attempts: Arc<CounterFamily>,
    pub(crate) worker_job_retries: Arc<CounterFamily>,
    pub(crate) worker_job_duration: Arc<HistogramFamily>,
    pub(crate) worker_job_wait: Arc<HistogramFamily>,
    pub(crate) worker_jobs_in_flight: Arc<GaugeFamily>,
    pub(crate) worker_job_carriers_unreadable: Arc<CounterFamily>,
    pub(crate) telemetry_exported: Arc<CounterFamily>,
    pub(crate) telemetry_dropped: Arc<CounterFamily>,
}

impl Instruments {
    pub(crate) fn new(families: &Families) -> Self {
        Self {
            http_requests: families.counter(&catalog::HTTP_REQUESTS),
            http_request_duration: families.histogram(&catalog::HTTP_REQUEST_DURATION),
            http_requests_aborted: families.counter(&catalog::HTTP_REQUESTS_ABORTED),
            active_users: families.gauge(&catalog::ACTIVE_USERS),
            database_connections: families.gauge(&catalog::DATABASE_CONNECTIONS),
            automation_executions: families.counter(&catalog::AUTOMATION_EXECUTIONS),
            margin_guard_actions: families.counter(&catalog::MARGIN_GUARD_ACTIONS),
            system_health: families.gauge(&catalog::SYSTEM_HEALTH),
            payment_processing: families.counter(&catalog::PAYMENT_PROCESSING),
            worker_queue_size: families.gauge(&catalog::WORKER_QUEUE_SIZE),
            auth_failures: families.counter(&catalog::AUTH_FAILURES),
            page_load_duration: families.histogram(&catalog::PAGE_LOAD_DURATION),
            web_vital_duration: families.histogram(&catalog::WEB_VITAL_DURATION),
            layout_shift_score: families.histogram(&catalog::LAYOUT_SHIFT_SCORE),
            beacons_refused: families.counter(&catalog::BEACONS_REFUSED),
            health_check: families.gauge(&catalog::HEALTH_CHECK),
            health_checks_abandoned: families.counter(&catalog::HEALTH_CHECKS_ABANDONED),
            poll_failures: families.counter(&catalog::POLL_FAILURES),
            automation_duration: families.histogram(&catalog::AUTOMATION_DURATION),
            automations_in_flight: families.gauge(&catalog::AUTOMATIONS_IN_FLIGHT),
            margin_guard_duration: families.histogram(&catalog::MARGIN_GUARD_DURATION),
            margin_guard_in_flight: families.gauge(&catalog::MARGIN_GUARD_IN_FLIGHT),
            worker_jobs_sent: families.counter(&catalog::WORKER_JOBS_SENT),
            worker_job_attempts: families.counter(&catalog::WORKER_JOB_ATTEMPTS),
            worker_job_retries: families.counter(&catalog::WORKER_JOB_RETRIES),
            worker_job_duration: families.histogram(&catalog::WORKER_JOB_DURATION),
            worker_job_wait: families.histogram(&catalog::WORKER_JOB_WAIT),
            worker_jobs_in_flight: families.gauge(&catalog::WORKER_JOBS_IN_FLIGHT),
            worker_job_carriers_unreadable: families
                .counter(&catalog::WORKER_JOB_CARRIERS_UNREADABLE),
            telemetry_exported: families.counter(&catalog::TELEMETRY_EXPORTED),
            telemetry_dropped: families.counter(&catalog::TELEMETRY_DROPPED),
        }
    }
}
