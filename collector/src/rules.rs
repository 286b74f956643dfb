//! Files of rules, as far as the linter and the dashboards read them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A file of rules.
#[derive(Deserialize)]
pub(crate) struct RuleFile {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

/// An alert, or a recording rule.
#[derive(Deserialize)]
pub(crate) struct Rule {
    pub alert: Option<String>,
    /// Empty if it is an alert.
    #[serde(default)]
    pub record: String,
    pub expr: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

impl RuleFile {
    /// The rules of all groups, in their order.
    pub(crate) fn into_rules(self) -> impl Iterator<Item = Rule> {
        self.groups.into_iter().flat_map(|group| group.rules)
    }
}
