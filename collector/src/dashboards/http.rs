//! Requests: how many, how many of them fail, how long they take, by route.

use axisor_telemetry::catalog::{HTTP_REQUEST_DURATION, HTTP_REQUESTS, HTTP_REQUESTS_ABORTED};

use super::Dashboard;
use super::alerts::{AlertError, Alerts};
use super::panel::{Panel, Query, Unit, row};
use super::query::{JOB, quantile, quantiles, rate, rate_or_zero};

/// What is chosen.
const ROUTE: &str = "job=~\"$job\",route=~\"$route\"";

pub(super) fn dashboard(alerts: &Alerts) -> Result<Dashboard, AlertError> {
    let errors = alerts.get("HighErrorRate")?;
    let slow = alerts.get("HighResponseTime")?;
    let requests = HTTP_REQUESTS.name;
    let failed = format!(
        "sum by (job) (rate({requests}{{{JOB},status_code=~\"5..\"}}[$__rate_interval])) * 100 / sum by (job) (rate({requests}{{{JOB}}}[$__rate_interval]))"
    );
    let failed =
        format!("{failed} or 0 * sum by (job) (rate({requests}{{{JOB}}}[$__rate_interval]))");
    let by_route = |expression| Query::new(expression, "{{route}}");
    let whole = vec![
        Panel::of("Requests", &HTTP_REQUESTS, Unit::PerSecond)
            .ask(Query::new(rate(&HTTP_REQUESTS, JOB, "job"), "{{job}}")),
        Panel::graph(
            "Errors",
            "Share of answers with a 5xx status.",
            Unit::Percent,
        )
        .ask(Query::new(failed, "{{job}}"))
        .alert(&errors),
        Panel::of("95th percentile", &HTTP_REQUEST_DURATION, Unit::Seconds)
            .ask(
                Query::new(
                    quantile(0.95, &HTTP_REQUEST_DURATION, JOB, "job"),
                    "{{job}}",
                )
                .with_exemplars(),
            )
            .alert(&slow),
    ];
    let [median, high] = quantiles(&HTTP_REQUEST_DURATION, ROUTE);
    let route = vec![
        Panel::of("Requests by route", &HTTP_REQUESTS, Unit::PerSecond).ask(by_route(rate(
            &HTTP_REQUESTS,
            ROUTE,
            "route",
        ))),
        Panel::of("Requests by status", &HTTP_REQUESTS, Unit::PerSecond).ask(Query::new(
            rate(&HTTP_REQUESTS, ROUTE, "status_code"),
            "{{status_code}}",
        )),
        Panel::of(
            "Durations by route, 95th percentile",
            &HTTP_REQUEST_DURATION,
            Unit::Seconds,
        )
        .ask(by_route(quantile(
            0.95,
            &HTTP_REQUEST_DURATION,
            ROUTE,
            "route",
        ))),
        Panel::of("Durations", &HTTP_REQUEST_DURATION, Unit::Seconds)
            .ask(median)
            .ask(high),
        Panel::of(
            "Not answered to the end",
            &HTTP_REQUESTS_ABORTED,
            Unit::PerSecond,
        )
        .ask(Query::new(
            rate_or_zero(&HTTP_REQUESTS_ABORTED, ROUTE),
            "aborted",
        )),
    ];
    Ok(Dashboard {
        uid: "axisor-http",
        title: "HTTP",
        description: "Requests, errors and durations of each service, and by route.",
        variables: vec![("job", requests), ("route", requests)],
        rows: vec![row("Services", whole), row("Routes", route)],
    })
}
