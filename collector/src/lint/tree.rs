//! What is where in an expression.

use promql_parser::label::{Labels, MatchOp};
use promql_parser::parser::token::{
    T_BOTTOMK, T_DIV, T_EQLC, T_GTE, T_GTR, T_LIMIT_RATIO, T_LIMITK, T_LSS, T_LTE, T_NEQ, T_TOPK,
};
use promql_parser::parser::{AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, VectorSelector};

/// A selector, and what is around it.
pub(super) struct Use<'a> {
    pub selector: &'a VectorSelector,
    /// The function it is given to, such as `rate`.
    pub function: Option<&'a str>,
    /// The aggregations around it, the innermost last.
    pub aggregates: Vec<&'a AggregateExpr>,
}

/// Every selector of an expression, from left to right.
pub(super) fn uses(tree: &Expr) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    find(tree, None, &[], &mut found);
    found
}

fn find<'a>(
    tree: &'a Expr,
    function: Option<&'a str>,
    aggregates: &[&'a AggregateExpr],
    found: &mut Vec<Use<'a>>,
) {
    let selector = match tree {
        Expr::VectorSelector(selector) => selector,
        Expr::MatrixSelector(range) => &range.vs,
        _ => {
            let function = match tree {
                Expr::Call(call) => Some(call.func.name),
                Expr::Paren(_) | Expr::Subquery(_) => function,
                _ => None,
            };
            let mut aggregates = aggregates.to_vec();
            aggregates.extend(aggregate(tree));
            for part in parts(tree) {
                find(part, function, &aggregates, found);
            }
            return;
        }
    };
    found.push(Use {
        selector,
        function,
        aggregates: aggregates.to_vec(),
    });
}

/// The expression and all its parts, outer ones first.
pub(super) fn nodes(tree: &Expr) -> Vec<&Expr> {
    let mut found = vec![tree];
    for part in parts(tree) {
        found.extend(nodes(part));
    }
    found
}

fn parts(tree: &Expr) -> Vec<&Expr> {
    match tree {
        Expr::Aggregate(aggregate) => {
            let parameter = aggregate.param.as_deref();
            parameter.into_iter().chain([&*aggregate.expr]).collect()
        }
        Expr::Unary(unary) => vec![&unary.expr],
        Expr::Binary(binary) => vec![&binary.lhs, &binary.rhs],
        Expr::Paren(paren) => vec![&paren.expr],
        Expr::Subquery(subquery) => vec![&subquery.expr],
        Expr::Call(call) => call.args.args.iter().map(|argument| &**argument).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn bare(tree: &Expr) -> &Expr {
    match tree {
        Expr::Paren(paren) => bare(&paren.expr),
        _ => tree,
    }
}

pub(super) fn number(tree: &Expr) -> Option<f64> {
    match bare(tree) {
        Expr::NumberLiteral(number) => Some(number.val),
        _ => None,
    }
}

pub(super) fn aggregate(tree: &Expr) -> Option<&AggregateExpr> {
    match tree {
        Expr::Aggregate(aggregate) => Some(aggregate),
        _ => None,
    }
}

pub(super) fn binary(tree: &Expr) -> Option<&BinaryExpr> {
    match tree {
        Expr::Binary(binary) => Some(binary),
        _ => None,
    }
}

pub(super) fn call(tree: &Expr) -> Option<&Call> {
    match tree {
        Expr::Call(call) => Some(call),
        _ => None,
    }
}

pub(super) fn compares(binary: &BinaryExpr) -> bool {
    matches!(
        binary.op.id(),
        T_EQLC | T_NEQ | T_GTR | T_LSS | T_GTE | T_LTE
    )
}

pub(super) fn divides(binary: &BinaryExpr) -> bool {
    binary.op.id() == T_DIV
}

/// Whether an aggregation leaves a label on its series.
pub(super) fn keeps(aggregate: &AggregateExpr, label: &str) -> bool {
    let is_listed = |labels: &Labels| labels.labels.iter().any(|one| one == label);
    match &aggregate.modifier {
        Some(LabelModifier::Include(by)) => is_listed(by),
        Some(LabelModifier::Exclude(without)) => !is_listed(without),
        None => false,
    }
}

/// Whether it takes some of its series as they are, and adds nothing up.
fn chooses(aggregate: &AggregateExpr) -> bool {
    matches!(
        aggregate.op.id(),
        T_TOPK | T_BOTTOMK | T_LIMITK | T_LIMIT_RATIO
    )
}

/// The metric a selector names, if it is one.
pub(super) fn name(selector: &VectorSelector) -> Option<&str> {
    let mut matchers = selector.matchers.matchers.iter();
    let by_label = matchers.find(|one| one.name == "__name__" && one.op == MatchOp::Equal);
    selector
        .name
        .as_deref()
        .or(by_label.map(|one| one.value.as_str()))
}

impl Use<'_> {
    pub(super) fn name(&self) -> Option<&str> {
        name(self.selector)
    }

    /// Whether nothing was made of its series before they are compared.
    pub(super) fn is_single(&self) -> bool {
        self.aggregates.iter().all(|aggregate| chooses(aggregate))
    }
}
