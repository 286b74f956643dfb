//! The expressions of a Grafana dashboard: of its panels, variables and annotations.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::files::{Expression, LintError, Role, text};

/// Stands in an expression where Grafana puts a variable's values.
pub(super) const VARIABLE: &str = "__variable__";

/// A duration of Grafana's own, or whatever stands where a duration must.
static DURATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\[\$[^\]:]+|\$__(rate_)?interval|\$__range"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\$__(interval_ms|range_s|range_ms)"));
static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"\$\{[^}]+\}|\$\w+|\[\[\w+\]\]"));
/// What a variable's values are taken from: `label_values(selector, label)`, `query_result(expression)`.
static LABEL_VALUES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?s)^\s*label_values\((.+),\s*(\w+)\s*\)\s*$"));
static QUERY_RESULT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?s)^\s*query_result\((.+)\)\s*$"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern stands above")
}

pub(super) fn expressions(file: &Path) -> Result<Vec<Expression>, LintError> {
    let dashboard: Value =
        serde_json::from_str(&text(file)?).map_err(|source| LintError::Json {
            file: file.to_owned(),
            source,
        })?;
    let mut found = Vec::new();
    panels(&dashboard, &mut found);
    found.extend(list(&dashboard["templating"]["list"]).filter_map(variable));
    found.extend(list(&dashboard["annotations"]["list"]).filter_map(annotation));
    let expression = |(place, text): (String, String)| Expression {
        file: file.to_owned(),
        place,
        text: without_variables(&text),
        role: Role::Panel,
    };
    Ok(found.into_iter().map(expression).collect())
}

/// Rows have panels, too.
fn panels(parent: &Value, found: &mut Vec<(String, String)>) {
    for panel in list(&parent["panels"]) {
        let asked = list(&panel["targets"]).filter_map(asked);
        found.extend(asked.map(|text| (name(panel, "title"), text)));
        panels(panel, found);
    }
}

/// Only Prometheus is asked with `expr` in its language; Loki is, too, in another.
fn asked(target: &Value) -> Option<String> {
    let source = target["datasource"]["type"]
        .as_str()
        .unwrap_or("prometheus");
    let text = target["expr"].as_str().filter(|text| !text.is_empty())?;
    (source == "prometheus").then(|| text.to_owned())
}

fn annotation(annotation: &Value) -> Option<(String, String)> {
    Some((name(annotation, "name"), asked(annotation)?))
}

fn variable(variable: &Value) -> Option<(String, String)> {
    let query = &variable["query"];
    let query = query["query"].as_str().or(query.as_str())?;
    let text = match LABEL_VALUES.captures(query) {
        Some(found) => format!("group by ({}) ({})", &found[2], &found[1]),
        None => QUERY_RESULT.captures(query)?[1].to_owned(),
    };
    Some((name(variable, "name"), text))
}

fn without_variables(text: &str) -> String {
    let text = NUMBER.replace_all(text, "300");
    let text = DURATION.replace_all(&text, |found: &regex::Captures<'_>| {
        if found[0].starts_with('[') {
            "[5m"
        } else {
            "5m"
        }
    });
    NAME.replace_all(&text, VARIABLE).into_owned()
}

fn name(of: &Value, key: &str) -> String {
    of[key].as_str().unwrap_or("without a name").to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
