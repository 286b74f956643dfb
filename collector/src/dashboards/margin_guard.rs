//! The margin guard: what it did, for whom, and whether in time.

use axisor_telemetry::catalog::{MARGIN_GUARD_ACTIONS, MARGIN_GUARD_DURATION};

use super::Dashboard;
use super::panel::{Panel, Query, Unit, row};
use super::query::{JOB, quantile, quantiles, rate, rate_of};

pub(super) fn dashboard() -> Dashboard {
    let attempts = format!("{}_count", MARGIN_GUARD_DURATION.name);
    let by_status = rate_of(&attempts, JOB, "status");
    let [median, high] = quantiles(&MARGIN_GUARD_DURATION, JOB);
    let actions = vec![
        Panel::of("Actions taken", &MARGIN_GUARD_ACTIONS, Unit::PerSecond).ask(Query::new(
            rate(&MARGIN_GUARD_ACTIONS, JOB, "action_type"),
            "{{action_type}}",
        )),
        Panel::of(
            "Actions taken by plan",
            &MARGIN_GUARD_ACTIONS,
            Unit::PerSecond,
        )
        .ask(Query::new(
            rate(&MARGIN_GUARD_ACTIONS, JOB, "user_plan"),
            "{{user_plan}}",
        )),
        Panel::graph(
            "Taken and failed",
            "Actions that were taken and that failed.",
            Unit::PerSecond,
        )
        .ask(Query::new(by_status, "{{status}}")),
    ];
    let durations = vec![
        Panel::of("Durations", &MARGIN_GUARD_DURATION, Unit::Seconds)
            .ask(median)
            .ask(high),
        Panel::of(
            "Durations by action, 95th percentile",
            &MARGIN_GUARD_DURATION,
            Unit::Seconds,
        )
        .ask(Query::new(
            quantile(0.95, &MARGIN_GUARD_DURATION, JOB, "action_type"),
            "{{action_type}}",
        )),
    ];
    Dashboard {
        uid: "axisor-margin-guard",
        title: "Margin guard",
        description: "Actions of the margin guard by kind and plan, and how long they take.",
        variables: vec![("job", MARGIN_GUARD_ACTIONS.name)],
        rows: vec![row("Actions", actions), row("Durations", durations)],
    }
}
