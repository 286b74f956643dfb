//! Service levels: objectives, what is left of their budgets, and how fast it goes.

use super::Dashboard;
use super::panel::{Panel, Query, Unit, row};

const BURN: &str = "/ on (slo) group_left () (1 - axisor:slo_objective:ratio)";

pub(super) fn dashboard() -> Dashboard {
    let ask = |expression: &str| Query::new(expression.to_owned(), "{{slo}}");
    let burn = |window: &str| ask(&format!("axisor:slo_errors:ratio_rate{window} {BURN}"));
    let budgets = vec![
        Panel::graph(
            "Objectives",
            "The share of good events that is aimed at.",
            Unit::Share,
        )
        .stat()
        .ask(ask("axisor:slo_objective:ratio")),
        Panel::graph(
            "Budget left",
            "What is left of 30 days' error budget: 0 is used up.",
            Unit::Share,
        )
        .stat()
        .ask(ask("axisor:slo_error_budget_remaining:ratio"))
        .bad_below(0.0),
        Panel::graph(
            "Budget left",
            "What is left of 30 days' error budget: 0 is used up.",
            Unit::Share,
        )
        .ask(ask("axisor:slo_error_budget_remaining:ratio"))
        .bad_below(0.0),
    ];
    let speed = vec![
        Panel::graph(
            "Burn rate over 5 minutes",
            "How many times faster than the budget allows events fail.",
            Unit::Count,
        )
        .ask(burn("5m")),
        Panel::graph(
            "Burn rate over an hour",
            "At 14.4 a budget of 30 days lasts 50 hours.",
            Unit::Count,
        )
        .ask(burn("1h")),
        Panel::graph(
            "Bad events",
            "The share of events that were bad, over 5 minutes.",
            Unit::Share,
        )
        .ask(ask("axisor:slo_errors:ratio_rate5m")),
        Panel::graph("Events", "What is counted.", Unit::PerSecond)
            .ask(ask("axisor:slo_events:rate5m")),
    ];
    Dashboard {
        uid: "axisor-service-levels",
        title: "Service levels",
        description: "Objectives, their error budgets, and how fast those are used up.",
        variables: Vec::new(),
        rows: vec![row("Budgets", budgets), row("Burn", speed)],
    }
}
