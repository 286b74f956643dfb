//! The files, and the expressions in them.

use std::fs;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::grafana;
use crate::rules::{Rule, RuleFile};
use crate::site::committed;

/// What to look through.
#[derive(Debug, Clone)]
pub struct LintFiles {
    /// Files of rules.
    pub rules: Vec<PathBuf>,
    /// Grafana dashboards, as JSON.
    pub dashboards: Vec<PathBuf>,
    /// A Prometheus configuration.
    pub scrape: PathBuf,
}

/// Why files cannot be looked through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LintError {
    /// A file or directory could not be read.
    #[error("cannot read `{}`", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of rules or jobs that Prometheus would refuse.
    #[error("`{}` is no file of {expected}", file.display())]
    Yaml {
        /// Which.
        file: PathBuf,
        /// What it should be made of.
        expected: &'static str,
        /// Where it breaks off.
        source: serde_yaml_ng::Error,
    },
    /// A dashboard that Grafana would refuse.
    #[error("`{}` is no dashboard", file.display())]
    Json {
        /// Which.
        file: PathBuf,
        /// Where it breaks off.
        source: serde_json::Error,
    },
}

/// What an expression is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    Alert,
    /// Its series have this name.
    Recording {
        name: String,
    },
    Panel,
}

/// An expression, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    pub file: PathBuf,
    pub place: String,
    pub text: String,
    pub role: Role,
}

impl LintFiles {
    /// What is committed: every file of rules, every dashboard, and the scrape jobs.
    ///
    /// # Errors
    /// [`LintError::Read`] if a directory cannot be listed.
    pub fn committed() -> Result<Self, LintError> {
        let prometheus = committed("prometheus");
        let is_rules = |file: &PathBuf| file.to_string_lossy().ends_with("_rules.yml");
        let rules = listed(&prometheus)?.into_iter().filter(is_rules);
        Ok(Self {
            rules: rules.collect(),
            dashboards: dashboards(&committed("grafana/dashboards"))?,
            scrape: prometheus.join("prometheus.yml"),
        })
    }

    pub(super) fn expressions(&self) -> Result<Vec<Expression>, LintError> {
        let mut expressions = Vec::new();
        for file in &self.rules {
            let read: RuleFile = yaml(file, "rules")?;
            let rules = read.into_rules();
            expressions.extend(rules.map(|rule| expression(rule, file)));
        }
        for file in &self.dashboards {
            expressions.extend(grafana::expressions(file)?);
        }
        Ok(expressions)
    }
}

fn expression(rule: Rule, file: &Path) -> Expression {
    let place = place(&rule);
    Expression {
        file: file.to_owned(),
        place,
        text: rule.expr,
        role: match rule.alert {
            Some(_) => Role::Alert,
            None => Role::Recording { name: rule.record },
        },
    }
}

/// Several rules may record one name, told apart by their labels.
fn place(rule: &Rule) -> String {
    if let Some(alert) = &rule.alert {
        return alert.clone();
    }
    let labels = rule.labels.values().map(String::as_str);
    let words: Vec<&str> = iter::once(rule.record.as_str()).chain(labels).collect();
    words.join(" ")
}

pub(super) fn yaml<T: DeserializeOwned>(
    file: &Path,
    expected: &'static str,
) -> Result<T, LintError> {
    serde_yaml_ng::from_str(&text(file)?).map_err(|source| LintError::Yaml {
        file: file.to_owned(),
        expected,
        source,
    })
}

pub(super) fn text(file: &Path) -> Result<String, LintError> {
    fs::read_to_string(file).map_err(|source| unreadable(file, source))
}

fn dashboards(dir: &Path) -> Result<Vec<PathBuf>, LintError> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let is_json = |file: &PathBuf| file.extension().is_some_and(|end| end == "json");
    Ok(listed(dir)?.into_iter().filter(is_json).collect())
}

/// In the order of their names.
fn listed(dir: &Path) -> Result<Vec<PathBuf>, LintError> {
    let entries = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|source| unreadable(dir, source))?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    files.sort();
    Ok(files)
}

fn unreadable(file: &Path, source: io::Error) -> LintError {
    LintError::Read {
        file: file.to_owned(),
        source,
    }
}
