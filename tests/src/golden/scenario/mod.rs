//! The format of `NAME.scenario.json`: what is done, step by step.

mod payload;
mod state;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(super) use self::payload::{
    Create, HttpRequest, Labels, Many, ManyKind, MetricKind, Op, Poll, Record,
};
pub(super) use self::state::{Database, Exchange, ExchangeMode, State};
pub(super) use self::step::{Action, Step};
use super::answers::{Allowances, Answer, OPENMETRICS};
use super::compare::AtLeast;

/// A scenario.
#[derive(Debug, Clone)]
pub(in crate::golden) struct Scenario {
    /// `prometheus.enabled` and the like, as the builder takes them.
    pub(in crate::golden) settings: Vec<(String, String)>,
    pub(in crate::golden) manual_clock: bool,
    pub(in crate::golden) routes_first: bool,
    pub(in crate::golden) at_least: AtLeast,
    /// The recording's reason why another framework may answer differently.
    pub(in crate::golden) framework: Option<String>,
    /// The recording's reason why a typed implementation need not meet it.
    pub(in crate::golden) optional: Option<String>,
    pub(in crate::golden) better: Better,
    pub(in crate::golden) steps: Vec<Step>,
}

/// The outcome that is accepted beside the recorded one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct Better {
    #[serde(default, rename = "why")]
    _why: Option<String>,
    #[serde(default)]
    pub(in crate::golden) texts: BTreeMap<String, BetterText>,
    #[serde(default)]
    answers: BTreeMap<String, Answer>,
    #[serde(default)]
    not_errors: Vec<Value>,
    #[serde(default)]
    errors: Vec<Value>,
}

/// Lines to leave out of a recorded text and to add to it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct BetterText {
    #[serde(default)]
    pub(in crate::golden) drop: Vec<String>,
    #[serde(default)]
    pub(in crate::golden) add: Vec<String>,
}

impl Scenario {
    /// Reads a scenario; its file's name is used where it has none of its own.
    pub(in crate::golden) fn read(file_name: &str, value: Value) -> Result<Self, ScenarioError> {
        let raw: Raw = typed(file_name, "the file", value)?;
        let name = raw.name.unwrap_or_else(|| file_name.to_owned());
        let steps = raw
            .steps
            .into_iter()
            .enumerate()
            .map(|(n, step)| Step::read(&name, n.to_string(), step))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            settings: settings("", &Value::Object(raw.config)),
            manual_clock: raw.clock.is_some(),
            routes_first: raw.routes_first,
            at_least: raw.at_least_seconds,
            framework: raw.framework,
            optional: raw.optional,
            better: raw.better,
            steps,
        })
    }

    /// Every step, those inside of parallel ones too.
    pub(in crate::golden) fn all_steps(&self) -> Vec<&Step> {
        let mut found = Vec::new();
        collect(&self.steps, &mut found);
        found
    }

    /// Every custom metric a step makes or tries to make.
    pub(in crate::golden) fn creates(&self) -> Vec<&Create> {
        self.all_steps().into_iter().filter_map(created).collect()
    }

    /// What the recording accepts beside its answers.
    pub(in crate::golden) fn allowances(&self) -> Allowances {
        let better = &self.better;
        let step = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        let abandons = |step: &&Step| matches!(&step.action, Action::Http(request) if request.abort_after_ms.is_some());
        let abandoned: BTreeSet<String> = self
            .all_steps()
            .into_iter()
            .filter(abandons)
            .map(|step| step.id.clone())
            .collect();
        Allowances {
            negotiated: self.negotiated(),
            free: better
                .not_errors
                .iter()
                .chain(&better.errors)
                .map(step)
                .collect(),
            better: better.answers.clone(),
            abandoned,
            other_framework: self.about_wrong_methods(),
        }
    }

    /// Scrapes that ask for OpenMetrics.
    pub(in crate::golden) fn negotiated(&self) -> BTreeSet<String> {
        let asks = |step: &&Step| match &step.action {
            Action::Scrape(headers) => headers
                .get("accept")
                .is_some_and(|accept| accept.contains(OPENMETRICS)),
            _ => false,
        };
        let steps = self.all_steps().into_iter().filter(asks);
        steps.map(|step| step.id.clone()).collect()
    }

    /// Whether what depends on the framework is 404 for a wrong method, for which others say 405.
    pub(in crate::golden) fn about_wrong_methods(&self) -> bool {
        self.framework
            .as_ref()
            .is_some_and(|reason| reason.contains("405"))
    }
}

fn created(step: &Step) -> Option<&Create> {
    match &step.action {
        Action::Create(create) => Some(create),
        _ => None,
    }
}

fn collect<'a>(steps: &'a [Step], found: &mut Vec<&'a Step>) {
    for step in steps {
        found.push(step);
        if let Action::Parallel(parts) = &step.action {
            collect(parts, found);
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: Option<String>,
    #[serde(default, rename = "about")]
    _about: Option<String>,
    #[serde(default)]
    config: Map<String, Value>,
    clock: Option<ManualClock>,
    #[serde(default)]
    routes_first: bool,
    #[serde(default)]
    at_least_seconds: AtLeast,
    framework: Option<String>,
    optional: Option<String>,
    #[serde(default)]
    better: Better,
    #[serde(default, rename = "keep_facts")]
    _keep_facts: bool,
    steps: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ManualClock {
    Manual,
}

/// `{"prometheus": {"enabled": false}}` as `prometheus.enabled`, `false`.
fn settings(prefix: &str, value: &Value) -> Vec<(String, String)> {
    let key = |name: &str| match prefix {
        "" => name.to_owned(),
        prefix => format!("{prefix}.{name}"),
    };
    match value {
        Value::Object(section) => section
            .iter()
            .flat_map(|(name, value)| settings(&key(name), value))
            .collect(),
        Value::String(text) => vec![(prefix.to_owned(), text.clone())],
        other => vec![(prefix.to_owned(), other.to_string())],
    }
}

/// A scenario that cannot be played as it stands.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// A step says nothing the player knows.
    #[error("scenario `{scenario}`, step {step}: unknown `{given}`, expected one of {expected}")]
    Unknown {
        /// The scenario's name.
        scenario: String,
        /// The step's number.
        step: String,
        /// The step's keys.
        given: String,
        /// The keys of the format.
        expected: String,
    },
    /// A part of the file has not the form it should have.
    #[error("scenario `{scenario}`, {at}: {reason}")]
    Form {
        /// The scenario's name.
        scenario: String,
        /// Where.
        at: String,
        /// What was expected.
        reason: String,
    },
}

fn typed<T: DeserializeOwned>(scenario: &str, at: &str, value: Value) -> Result<T, ScenarioError> {
    serde_json::from_value(value).map_err(|error| ScenarioError::Form {
        scenario: scenario.to_owned(),
        at: at.to_owned(),
        reason: error.to_string(),
    })
}
