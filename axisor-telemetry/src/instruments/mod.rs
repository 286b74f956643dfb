//! Handles bound to the catalogue's series: the only way a number gets in.

mod binding;
mod custom;
mod error;
mod family;
mod labels;
mod meters;
mod registry;
mod unsaid;

pub(crate) use binding::BoundCell;
pub use custom::{Counter, CounterSeries, Gauge, GaugeSeries, Histogram, HistogramSeries};
pub use error::MetricError;
pub(crate) use family::{CLOSED_HEADROOM, CounterFamily, GaugeFamily, HistogramFamily};
pub use labels::LabelSet;
pub(crate) use meters::{Meters, OVERFLOW_BOUND};
pub(crate) use registry::CustomMetrics;
pub(crate) use unsaid::{GaugeKey, Unsaid, ZeroHistogram};

use std::sync::Arc;

use crate::catalog;

/// The instruments of every series in the catalogue, made once per telemetry.
#[cfg_attr(
    not(feature = "axum"),
    expect(dead_code, reason = "no HTTP layer records requests")
)]
pub(crate) struct Instruments {
    pub(crate) http_requests: CounterFamily,
    pub(crate) http_request_duration: HistogramFamily,
    pub(crate) http_requests_aborted: CounterFamily,
    pub(crate) active_users: GaugeFamily,
    pub(crate) database_connections: GaugeFamily,
    pub(crate) automation_executions: CounterFamily,
    pub(crate) margin_guard_actions: CounterFamily,
    pub(crate) system_health: GaugeFamily,
    pub(crate) payment_processing: CounterFamily,
    pub(crate) worker_queue_size: GaugeFamily,
    pub(crate) auth_failures: CounterFamily,
    pub(crate) page_load_duration: HistogramFamily,
    pub(crate) health_check: GaugeFamily,
    pub(crate) health_checks_abandoned: CounterFamily,
    pub(crate) poll_failures: CounterFamily,
    pub(crate) automation_duration: HistogramFamily,
    pub(crate) automations_in_flight: GaugeFamily,
    pub(crate) margin_guard_duration: HistogramFamily,
    pub(crate) margin_guard_in_flight: GaugeFamily,
    pub(crate) telemetry_exported: Arc<CounterFamily>,
    pub(crate) telemetry_dropped: Arc<CounterFamily>,
}

impl Instruments {
    pub(crate) fn new(meters: &Arc<Meters>) -> Self {
        Self {
            http_requests: meters.counter(&catalog::HTTP_REQUESTS),
            http_request_duration: meters.histogram(&catalog::HTTP_REQUEST_DURATION),
            http_requests_aborted: meters.counter(&catalog::HTTP_REQUESTS_ABORTED),
            active_users: meters.gauge(&catalog::ACTIVE_USERS),
            database_connections: meters.gauge(&catalog::DATABASE_CONNECTIONS),
            automation_executions: meters.counter(&catalog::AUTOMATION_EXECUTIONS),
            margin_guard_actions: meters.counter(&catalog::MARGIN_GUARD_ACTIONS),
            system_health: meters.gauge(&catalog::SYSTEM_HEALTH),
            payment_processing: meters.counter(&catalog::PAYMENT_PROCESSING),
            worker_queue_size: meters.gauge(&catalog::WORKER_QUEUE_SIZE),
            auth_failures: meters.counter(&catalog::AUTH_FAILURES),
            page_load_duration: meters.histogram(&catalog::PAGE_LOAD_DURATION),
            health_check: meters.gauge(&catalog::HEALTH_CHECK),
            health_checks_abandoned: meters.counter(&catalog::HEALTH_CHECKS_ABANDONED),
            poll_failures: meters.counter(&catalog::POLL_FAILURES),
            automation_duration: meters.histogram(&catalog::AUTOMATION_DURATION),
            automations_in_flight: meters.gauge(&catalog::AUTOMATIONS_IN_FLIGHT),
            margin_guard_duration: meters.histogram(&catalog::MARGIN_GUARD_DURATION),
            margin_guard_in_flight: meters.gauge(&catalog::MARGIN_GUARD_IN_FLIGHT),
            telemetry_exported: Arc::new(meters.counter(&catalog::TELEMETRY_EXPORTED)),
            telemetry_dropped: Arc::new(meters.counter(&catalog::TELEMETRY_DROPPED)),
        }
    }
}
