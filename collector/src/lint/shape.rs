//! What is wrong with what an expression makes of the series it selects.

use promql_parser::label::Matcher;
use promql_parser::parser::token::{T_EQLC, T_GTR, T_LSS, T_LTE, T_NEQ, T_SUM};
use promql_parser::parser::{BinaryExpr, Call, Expr};

use super::Defect;
use super::known::{Kind, Known, Source};
use super::tree::{Use, bare, binary, call, compares, divides, keeps, name, nodes, number, uses};

/// Functions that take every fall of a value for a restart.
const OF_COUNTERS: [&str; 3] = ["rate", "irate", "increase"];

/// Functions that have a value where nothing is selected.
const SPEAK_OF_NOTHING: [&str; 3] = ["absent", "absent_over_time", "vector"];

/// Limits that are 0 where there is none.
const NO_LIMIT: [&str; 2] = ["redis_memory_max_bytes", "redis_config_maxmemory"];

/// What is wrong with any expression.
pub(super) fn defects(tree: &Expr, known: &Known) -> Vec<Defect> {
    let selected = uses(tree);
    let mut defects: Vec<Defect> = Vec::new();
    for one in &selected {
        defects.extend(rate_of_gauge(one, known));
        defects.extend(sum_of_shared(one, known));
    }
    for node in nodes(tree) {
        defects.extend(call(node).and_then(|call| quantile(call, known)));
        let divided = binary(node).filter(|binary| divides(binary));
        defects.extend(divided.and_then(ratio_of_self));
        defects.extend(divided.and_then(|binary| no_limit(binary, tree)));
    }
    defects
}

/// What is wrong with an alert besides. What `found` says of its series need not be said twice.
pub(super) fn alert_defects(tree: &Expr, known: &Known, found: &[Defect]) -> Vec<Defect> {
    let mut defects: Vec<Defect> = silent_when_gone(tree).into_iter().collect();
    let is_said = |defect: &Defect| {
        matches!(
            defect,
            Defect::RatioOfSelf { .. } | Defect::QuantilePerSeries
        )
    };
    if !found.iter().any(is_said) {
        let compared = nodes(tree).into_iter().filter_map(binary);
        defects.extend(compared.filter_map(|binary| part_of_whole(binary, known)));
    }
    defects
}

fn rate_of_gauge(one: &Use<'_>, known: &Known) -> Option<Defect> {
    let function = one
        .function
        .filter(|function| OF_COUNTERS.contains(function))?;
    let metric = one.name()?;
    (known.get(metric)?.kind == Kind::Gauge).then(|| Defect::RateOfGauge {
        function: function.to_owned(),
        metric: metric.to_owned(),
    })
}

fn sum_of_shared(one: &Use<'_>, known: &Known) -> Option<Defect> {
    let metric = one.name()?;
    let first = one.aggregates.last()?;
    let adds_up = first.op.id() == T_SUM && !keeps(first, "instance");
    (adds_up && known.get(metric)?.source == Source::Shared).then(|| Defect::SumOfShared {
        metric: metric.to_owned(),
    })
}

fn quantile(call: &Call, known: &Known) -> Option<Defect> {
    if call.func.name != "histogram_quantile" {
        return None;
    }
    let buckets = call.args.args.get(1)?;
    let selected = uses(buckets);
    let one = selected.first()?;
    if known.get(one.name()?)?.source == Source::Rule {
        return None;
    }
    if one.aggregates.is_empty() {
        return Some(Defect::QuantilePerSeries);
    }
    let has_buckets = one
        .aggregates
        .iter()
        .all(|aggregate| keeps(aggregate, "le"));
    (!has_buckets).then_some(Defect::QuantileWithoutBuckets)
}

fn ratio_of_self(division: &BinaryExpr) -> Option<Defect> {
    let says_how = |binary: &BinaryExpr| {
        binary
            .modifier
            .as_ref()
            .is_some_and(|one| one.matching.is_some())
    };
    if says_how(division) {
        return None;
    }
    let (part, whole) = (single(&division.lhs)?, single(&division.rhs)?);
    let metric = name_of_both(&part, &whole)?;
    let narrowed = written(&part).any(|matcher| !written(&whole).any(|other| other == matcher));
    narrowed.then(|| Defect::RatioOfSelf {
        metric: metric.to_owned(),
    })
}

fn single(side: &Expr) -> Option<Use<'_>> {
    uses(side).into_iter().find(Use::is_single)
}

fn name_of_both<'a>(one: &Use<'a>, other: &Use<'a>) -> Option<&'a str> {
    let name_of = name(one.selector)?;
    (name(other.selector)? == name_of).then_some(name_of)
}

fn written<'a>(one: &Use<'a>) -> impl Iterator<Item = &'a Matcher> {
    one.selector.matchers.matchers.iter()
}

fn no_limit(division: &BinaryExpr, tree: &Expr) -> Option<Defect> {
    let limit = limit(&division.rhs)?;
    let is_guard =
        |binary: &BinaryExpr| compares(binary) && self::limit(&binary.lhs) == Some(limit);
    let guarded = nodes(tree).into_iter().filter_map(binary).any(is_guard);
    (!guarded).then(|| Defect::DividesByNoLimit {
        metric: limit.to_owned(),
    })
}

fn limit(tree: &Expr) -> Option<&str> {
    match bare(tree) {
        Expr::VectorSelector(selector) => name(selector).filter(|name| NO_LIMIT.contains(name)),
        _ => None,
    }
}

/// `up == 0`, and nothing that speaks where there is no `up`.
fn silent_when_gone(tree: &Expr) -> Option<Defect> {
    let of_job = |one: &Use<'_>| {
        one.name() == Some("up") && written(one).any(|matcher| matcher.name == "job")
    };
    let asks = |binary: &BinaryExpr| is_for_few(binary) && uses(&binary.lhs).iter().any(of_job);
    let speaks = |call: &Call| SPEAK_OF_NOTHING.contains(&call.func.name);
    let all = nodes(tree);
    let asks = all.iter().filter_map(|node| binary(node)).any(asks);
    let speaks = all.iter().filter_map(|node| call(node)).any(speaks);
    (asks && !speaks).then_some(Defect::SilentWhenGone)
}

/// Whether a comparison holds when there is too little.
fn is_for_few(comparison: &BinaryExpr) -> bool {
    match comparison.op.id() {
        T_LSS | T_LTE => true,
        T_EQLC => number(&comparison.rhs) == Some(0.0),
        _ => false,
    }
}

/// A number that is meant for the whole, compared with each instance's own part of it. Whether the whole is more than
/// 0, each part says as well.
fn part_of_whole(comparison: &BinaryExpr, known: &Known) -> Option<Defect> {
    let threshold = number(&comparison.rhs).filter(|_| compares(comparison))?;
    let is_above_zero = threshold == 0.0 && matches!(comparison.op.id(), T_GTR | T_NEQ);
    if is_above_zero {
        return None;
    }
    let selected = uses(&comparison.lhs);
    let part = selected.iter().filter(|one| one.is_single());
    let mut names = part.filter_map(Use::name);
    names
        .find(|metric| is_of_the_whole(metric, known))
        .map(|metric| Defect::PartOfWhole {
            metric: metric.to_owned(),
        })
}

/// Whether one instance's value means little: all but the gauges that are about the instance itself.
fn is_of_the_whole(metric: &str, known: &Known) -> bool {
    known.get(metric).is_some_and(|metric| match metric.source {
        Source::Shared => true,
        Source::Services => metric.kind == Kind::Counter,
        Source::Exporter | Source::Rule => false,
    })
}
