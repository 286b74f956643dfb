//! Automations: how many, what they come to, how long they take.

use axisor_telemetry::catalog::{
    AUTOMATION_DURATION, AUTOMATION_EXECUTIONS, AUTOMATIONS_IN_FLIGHT, PAYMENT_PROCESSING,
};

use super::Dashboard;
use super::alerts::{AlertError, Alerts};
use super::panel::{Panel, Query, Unit, row};
use super::query::{JOB, quantile, quantiles, rate, rate_or_zero, sum};

pub(super) fn dashboard(alerts: &Alerts) -> Result<Dashboard, AlertError> {
    let executions = AUTOMATION_EXECUTIONS.name;
    let share = format!(
        "(sum(rate({executions}{{{JOB},status=\"success\"}}[$__rate_interval])) or vector(0)) / sum(rate({executions}{{{JOB}}}[$__rate_interval]))"
    );
    let panels = vec![
        Panel::of(
            "Executions by type",
            &AUTOMATION_EXECUTIONS,
            Unit::PerSecond,
        )
        .ask(Query::new(
            rate(&AUTOMATION_EXECUTIONS, JOB, "automation_type"),
            "{{automation_type}}",
        )),
        Panel::of(
            "Executions by outcome",
            &AUTOMATION_EXECUTIONS,
            Unit::PerSecond,
        )
        .ask(Query::new(
            rate(&AUTOMATION_EXECUTIONS, JOB, "status"),
            "{{status}}",
        )),
        Panel::graph(
            "Success",
            "Share of executions that succeeded.",
            Unit::Share,
        )
        .ask(Query::new(share, "success"))
        .alert(&alerts.get("LowSuccessfulTrades")?),
        Panel::of("Failures by type", &AUTOMATION_EXECUTIONS, Unit::PerSecond).ask(Query::new(
            rate(
                &AUTOMATION_EXECUTIONS,
                &format!("{JOB},status=\"failure\""),
                "automation_type",
            ),
            "{{automation_type}}",
        )),
    ];
    let payments = vec![
        Panel::of("Failed payments", &PAYMENT_PROCESSING, Unit::PerSecond)
            .ask(Query::new(
                rate_or_zero(&PAYMENT_PROCESSING, "status=\"failed\""),
                "failed",
            ))
            .alert(&alerts.get("PaymentProcessingFailed")?),
    ];
    let [median, high] = quantiles(&AUTOMATION_DURATION, JOB);
    let durations = vec![
        Panel::of("Durations", &AUTOMATION_DURATION, Unit::Seconds)
            .ask(median)
            .ask(high),
        Panel::of(
            "Durations by type, 95th percentile",
            &AUTOMATION_DURATION,
            Unit::Seconds,
        )
        .ask(Query::new(
            quantile(0.95, &AUTOMATION_DURATION, JOB, "automation_type"),
            "{{automation_type}}",
        )),
        Panel::of("Under way", &AUTOMATIONS_IN_FLIGHT, Unit::Count).ask(Query::new(
            sum(&AUTOMATIONS_IN_FLIGHT, JOB, "automation_type"),
            "{{automation_type}}",
        )),
    ];
    Ok(Dashboard {
        uid: "axisor-automations",
        title: "Automations",
        description: "Executions of automations by type and outcome, and payments.",
        variables: vec![("job", executions)],
        rows: vec![
            row("Executions", panels),
            row("Durations", durations),
            row("Payments", payments),
        ],
    })
}
