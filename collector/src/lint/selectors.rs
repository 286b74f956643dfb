//! What is wrong with what an expression selects: its metrics, labels and values.

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::Expr;
use regex::Regex;

use super::Defect;
use super::grafana::VARIABLE;
use super::known::{Known, Metric, Source};
use super::tree::{Use, aggregate, binary, call, nodes, uses};

/// Functions that make labels.
const MAKE_LABELS: [&str; 2] = ["label_replace", "label_join"];

pub(super) fn defects(tree: &Expr, known: &Known) -> Vec<Defect> {
    let selected = uses(tree);
    let mut defects: Vec<Defect> = selected.iter().flat_map(|one| of_use(one, known)).collect();
    for node in nodes(tree) {
        defects.extend(of_grouping(node, known));
    }
    defects
}

fn of_use(one: &Use<'_>, known: &Known) -> Vec<Defect> {
    let Some(name) = one.name() else {
        return of_pattern(one, known).into_iter().collect();
    };
    let Some(metric) = known.get(name) else {
        let metric = name.to_owned();
        return vec![Defect::UnknownMetric { metric }];
    };
    if metric.jobs.is_empty() && !metric.jobs_missing.is_empty() {
        return vec![Defect::NeverScraped {
            metric: name.to_owned(),
            jobs: metric.jobs_missing.iter().cloned().collect(),
        }];
    }
    matchers(one)
        .flat_map(|matcher| of_matcher(matcher, name, metric, known))
        .collect()
}

fn matchers<'a>(one: &Use<'a>) -> impl Iterator<Item = &'a Matcher> {
    let all = &one.selector.matchers;
    let either = all.or_matchers.iter().flatten();
    let written = all.matchers.iter().chain(either);
    written.filter(|matcher| matcher.name != "__name__" && !matcher.value.contains(VARIABLE))
}

/// A selector of many metrics has to find one.
fn of_pattern(one: &Use<'_>, known: &Known) -> Option<Defect> {
    let mut all = one.selector.matchers.matchers.iter();
    let pattern = all.find(|matcher| matcher.name == "__name__")?;
    let finds = known.names().any(|name| pattern.is_match(name));
    (!finds && !pattern.value.contains(VARIABLE)).then(|| Defect::UnknownMetric {
        metric: pattern.value.clone(),
    })
}

fn of_matcher(matcher: &Matcher, name: &str, metric: &Metric, known: &Known) -> Vec<Defect> {
    if !has(metric, &matcher.name, known) {
        return vec![unknown_label(name, &matcher.name, [metric])];
    }
    let Some(values) = metric.values(&matcher.name) else {
        return Vec::new();
    };
    let mut defects: Vec<Defect> = alternatives(matcher)
        .filter(|(_, selects)| !values.iter().any(|value| selects.is_match(value)))
        .map(|(value, _)| nothing(matcher, value, &values, known))
        .collect();
    defects.extend(one_job(matcher, &values));
    defects.extend(one_spelling(matcher, &values));
    defects
}

/// The values a matcher names, positively or not, each as a pattern.
fn alternatives(matcher: &Matcher) -> impl Iterator<Item = (&str, Regex)> {
    let text = matcher.value.as_str();
    let is_pattern = matches!(matcher.op, MatchOp::Re(_) | MatchOp::NotRe(_));
    let is_list = is_pattern && !text.contains(['(', '[', '\\']);
    let parts = text.split(move |char| is_list && char == '|');
    parts
        .filter(|part| !part.is_empty())
        .filter_map(move |part| {
            let pattern = if is_pattern {
                part.to_owned()
            } else {
                regex::escape(part)
            };
            Some((part, Regex::new(&format!("^(?:{pattern})$")).ok()?))
        })
}

fn nothing(matcher: &Matcher, value: &str, values: &[String], known: &Known) -> Defect {
    let is_job = |job: &str| known.get("up").is_some_and(|up| up.jobs.contains(job));
    if matcher.name == "job" && !is_job(value) {
        let job = value.to_owned();
        return Defect::UnknownJob { job };
    }
    Defect::SelectsNothing {
        matcher: matcher.to_string(),
        value: value.to_owned(),
        known: values.to_vec(),
    }
}

fn one_job(matcher: &Matcher, values: &[String]) -> Option<Defect> {
    let is_list = matcher.value.contains('|');
    if matcher.name != "job" || !matches!(matcher.op, MatchOp::Re(_)) || is_list {
        return None;
    }
    let mut selected = values.iter().filter(|job| matcher.is_match(job));
    let only = selected.next()?;
    let alone = selected.next().is_none() && *only != matcher.value;
    alone.then(|| Defect::SelectsOne {
        matcher: matcher.to_string(),
        only: only.clone(),
    })
}

fn one_spelling(matcher: &Matcher, values: &[String]) -> Option<Defect> {
    if matcher.name != "le" {
        return None;
    }
    let split = values.iter().find(|bound| {
        let other = format!("{bound}.0");
        values.contains(&other) && matcher.is_match(bound) != matcher.is_match(&other)
    })?;
    Some(Defect::OneSpelling {
        matcher: matcher.to_string(),
        bound: split.clone(),
    })
}

/// Labels by which series are grouped or matched have to be on some of them.
fn of_grouping(node: &Expr, known: &Known) -> Vec<Defect> {
    let (labels, sides) = if let Some(aggregate) = aggregate(node) {
        let by = aggregate.modifier.as_ref().filter(|by| by.is_include());
        (by, vec![&*aggregate.expr])
    } else if let Some(binary) = binary(node) {
        let matching = binary
            .modifier
            .as_ref()
            .and_then(|one| one.matching.as_ref());
        let on = matching.filter(|on| on.is_include());
        (on, vec![&*binary.lhs, &*binary.rhs])
    } else {
        return Vec::new();
    };
    let labels = labels.map(|labels| &labels.labels().labels);
    let missing = |label: &String| sides.iter().find_map(|side| missing(label, side, known));
    labels.into_iter().flatten().filter_map(missing).collect()
}

fn missing(label: &str, side: &Expr, known: &Known) -> Option<Defect> {
    let makes_labels =
        |node: &&Expr| call(node).is_some_and(|call| MAKE_LABELS.contains(&call.func.name));
    if label == VARIABLE || nodes(side).iter().any(makes_labels) {
        return None;
    }
    let selected = uses(side);
    let metrics: Option<Vec<&Metric>> = selected.iter().map(|one| known.get(one.name()?)).collect();
    let metrics = metrics.filter(|metrics| !metrics.is_empty())?;
    let names: Vec<&str> = selected.iter().filter_map(Use::name).collect();
    let on_any = metrics.iter().any(|metric| has(metric, label, known));
    (!on_any).then(|| unknown_label(&names.join(", "), label, metrics))
}

fn has(metric: &Metric, label: &str, known: &Known) -> bool {
    let is_any = metric.source == Source::Rule || ["__name__", "job"].contains(&label);
    is_any || known.is_everywhere(label) || metric.labels.contains_key(label)
}

fn unknown_label<'a>(
    metric: &str,
    label: &str,
    metrics: impl IntoIterator<Item = &'a Metric>,
) -> Defect {
    let own = metrics.into_iter().flat_map(|metric| metric.labels.keys());
    let mut known: Vec<String> = own
        .cloned()
        .chain(["job".to_owned(), "instance".to_owned()])
        .collect();
    known.sort();
    known.dedup();
    Defect::UnknownLabel {
        metric: metric.to_owned(),
        label: label.to_owned(),
        known,
    }
}
