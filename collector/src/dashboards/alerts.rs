//! What the rules say of an alert.

use std::collections::BTreeMap;
use std::fs;

use promql_parser::parser::{self, Expr, token};

use super::panel::Threshold;
use crate::rules::{Rule, RuleFile};
use crate::site::committed;

/// Why a panel cannot go by an alert.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AlertError {
    /// The rules cannot be read.
    #[error("`prometheus/alert_rules.yml` cannot be read: {reason}")]
    Rules {
        /// Why.
        reason: String,
    },
    /// There is none of this name.
    #[error("no alert is called `{name}`, expected one of `prometheus/alert_rules.yml`")]
    Unknown {
        /// The name.
        name: &'static str,
    },
    /// Its expression compares nothing with a number.
    #[error(
        "alert `{name}` has no threshold, expected a comparison with a number in `{expression}`"
    )]
    NoThreshold {
        /// The alert.
        name: &'static str,
        /// Its expression.
        expression: String,
    },
}

/// An alert, as far as a panel needs to know.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alert {
    pub name: String,
    pub threshold: Threshold,
    pub runbook: String,
}

/// The committed alerts by their names.
pub(super) struct Alerts(BTreeMap<String, Rule>);

impl Alerts {
    pub(super) fn committed() -> Result<Self, AlertError> {
        let text = fs::read_to_string(committed("prometheus/alert_rules.yml"));
        let text = text.map_err(|error| AlertError::Rules {
            reason: error.to_string(),
        })?;
        let file: RuleFile = serde_yaml_ng::from_str(&text).map_err(|error| AlertError::Rules {
            reason: error.to_string(),
        })?;
        let named = file
            .into_rules()
            .filter_map(|rule| Some((rule.alert.clone()?, rule)));
        Ok(Self(named.collect()))
    }

    /// The alert of this name, with its threshold.
    pub(super) fn get(&self, name: &'static str) -> Result<Alert, AlertError> {
        let rule = self.0.get(name).ok_or(AlertError::Unknown { name })?;
        let tree = parser::parse(&rule.expr).ok();
        let threshold = tree.as_ref().and_then(threshold);
        let threshold = threshold.ok_or_else(|| AlertError::NoThreshold {
            name,
            expression: rule.expr.clone(),
        })?;
        let runbook = rule.annotations.get("runbook_url");
        Ok(Alert {
            name: name.to_owned(),
            threshold,
            runbook: runbook.cloned().unwrap_or_default(),
        })
    }
}

/// The first comparison with a number.
fn threshold(tree: &Expr) -> Option<Threshold> {
    match tree {
        Expr::Paren(inside) => threshold(&inside.expr),
        Expr::Binary(binary) => {
            let number = match binary.rhs.as_ref() {
                Expr::NumberLiteral(number) => Some(number.val),
                _ => None,
            };
            match (binary.op.id(), number) {
                (token::T_GTR | token::T_GTE, Some(number)) => Some(Threshold::Above(number)),
                (token::T_LSS | token::T_LTE, Some(number)) => Some(Threshold::Below(number)),
                (token::T_EQLC, Some(number)) => Some(Threshold::Below(number + 1.0)), // 0: not well
                _ => threshold(&binary.lhs).or_else(|| threshold(&binary.rhs)),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_what_an_expression_is_compared_with() {
        for (expression, expected) in [
            ("a / b * 100 > 5", Some(Threshold::Above(5.0))),
            (
                "(a or vector(0)) / b < 0.8 and b >= 5",
                Some(Threshold::Below(0.8)),
            ),
            ("up == 0 or absent(up)", Some(Threshold::Below(1.0))),
            ("a / (b > 0) * 100 > 90", Some(Threshold::Above(90.0))),
            ("absent(up)", None),
        ] {
            let tree = parser::parse(expression).unwrap();
            assert_eq!(threshold(&tree), expected, "{expression}");
        }
    }
}
