//! The format of `NAME.scenario.json`: what is done, step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::answers::{Allowances, Answer};
use super::compare::AtLeast;

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

/// A scenario.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    /// `prometheus.enabled` and the like, as the builder takes them.
    pub(super) settings: Vec<(String, String)>,
    pub(super) manual_clock: bool,
    pub(super) routes_first: bool,
    pub(super) at_least: AtLeast,
    /// The recording's reason why another framework may answer differently.
    pub(super) framework: Option<String>,
    /// The recording's reason why a typed implementation need not meet it.
    pub(super) optional: Option<String>,
    pub(super) better: Better,
    pub(super) steps: Vec<Step>,
}

/// The outcome that is accepted beside the recorded one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Better {
    #[serde(default, rename = "why")]
    _why: Option<String>,
    #[serde(default)]
    pub(super) texts: BTreeMap<String, BetterText>,
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
pub(super) struct BetterText {
    #[serde(default)]
    pub(super) drop: Vec<String>,
    #[serde(default)]
    pub(super) add: Vec<String>,
}

/// One step: what it does, how often and when.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// `3`, or `3.1` for part 1 of parallel step 3.
    pub(super) id: String,
    pub(super) action: Action,
    pub(super) times: usize,
    /// How many of the repetitions run at once.
    pub(super) concurrent: usize,
    pub(super) after: Duration,
}

#[derive(Debug, Clone)]
pub(super) enum Action {
    Http(HttpRequest),
    Health,
    Scrape(BTreeMap<String, String>),
    Automation(Automation),
    MarginGuard(MarginGuard),
    Many(Many),
    Create(Create),
    Record(Record),
    Poll(Poll),
    State(Box<State>),
    Advance(Duration),
    Wait(Duration),
    Settle,
    Parallel(Vec<Step>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HttpRequest {
    pub(super) method: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<Value>,
    pub(super) abort_after_ms: Option<u64>,
}

impl HttpRequest {
    pub(super) fn get(path: &str, headers: BTreeMap<String, String>) -> Self {
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers,
            body: None,
            abort_after_ms: None,
        }
    }

    /// The request of one repetition.
    pub(super) fn repetition(&self, n: usize) -> Self {
        Self {
            path: self.path.replace("{n}", &n.to_string()),
            ..self.clone()
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Automation {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) status: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MarginGuard {
    pub(super) action: String,
    pub(super) plan: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Many {
    pub(super) kind: ManyKind,
    pub(super) prefix: String,
    pub(super) count: usize,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ManyKind {
    Automation,
    MarginGuard,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    pub(super) kind: MetricKind,
    pub(super) name: String,
    pub(super) help: String,
    pub(super) labels: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MetricKind {
    Counter,
    Gauge,
    Histogram,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) op: Op,
    pub(super) value: Option<Value>,
    #[serde(default)]
    pub(super) labels: Labels,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Op {
    Inc,
    Dec,
    Set,
    Observe,
    Touch,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Labels {
    ByName(BTreeMap<String, LabelText>),
    ByPosition(Vec<LabelText>),
}

impl Default for Labels {
    fn default() -> Self {
        Self::ByName(BTreeMap::new())
    }
}

/// A label's value; the service wrote numbers and booleans as text.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Value")]
pub(super) struct LabelText(pub(super) String);

impl From<Value> for LabelText {
    fn from(value: Value) -> Self {
        Self(match value {
            Value::String(text) => text,
            other => other.to_string(),
        })
    }
}

impl Record {
    /// The number to record; 1 if none is given, none if a typed interface cannot express it.
    pub(super) fn number(&self) -> Option<f64> {
        match &self.value {
            None => Some(1.0),
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::Object(special)) => match special.get("number")?.as_str()? {
                "Infinity" => Some(f64::INFINITY),
                "-Infinity" => Some(f64::NEG_INFINITY),
                other => other.parse().ok(),
            },
            Some(_) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Poll {
    Database,
    Users,
}

/// Changes of the outside world; what is absent stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) db: Option<Database>,
    pub(super) connections: Option<Value>,
    pub(super) connections_queue: Option<Vec<Value>>,
    pub(super) users: Option<Value>,
    pub(super) ln: Option<Exchange>,
    #[serde(default, deserialize_with = "present")]
    pub(super) broken_health: Option<Value>,
}

/// Tells `null` from nothing at all.
fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// How the database answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Database {
    /// `up`, or else the message of its error.
    Says(String),
    Slow(SlowDatabase),
    Throws(Thrown),
    Error(ClassError),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlowDatabase {
    pub(super) slow_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thrown {
    #[serde(rename = "throw")]
    pub(super) value: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassError {
    #[serde(rename = "error_class")]
    _class: String,
    pub(super) message: String,
}

/// How the exchange answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Exchange {
    Status(u16),
    Slow(SlowExchange),
    Mode(ExchangeMode),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlowExchange {
    pub(super) slow_ms: u64,
    #[serde(default)]
    pub(super) status: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ExchangeMode {
    Drop,
    Unreachable,
    Hang,
    Garbage,
    Redirect,
    RedirectLoop,
    HeadersOnly,
}

impl Scenario {
    /// Reads a scenario; its file's name is used where it has none of its own.
    pub(super) fn read(file_name: &str, value: Value) -> Result<Self, ScenarioError> {
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
    pub(super) fn all_steps(&self) -> Vec<&Step> {
        let mut found = Vec::new();
        collect(&self.steps, &mut found);
        found
    }

    /// Every custom metric a step makes or tries to make.
    pub(super) fn creates(&self) -> Vec<&Create> {
        let create = |step: &&'_ Step| matches!(step.action, Action::Create(_));
        let steps = self.all_steps().into_iter().filter(create);
        steps.filter_map(|step| step.action.as_create()).collect()
    }

    /// What the recording accepts beside its answers.
    pub(super) fn allowances(&self) -> Allowances {
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

    /// Whether what depends on the framework is 404 for a wrong method, for which others say 405.
    pub(super) fn about_wrong_methods(&self) -> bool {
        self.framework
            .as_ref()
            .is_some_and(|reason| reason.contains("405"))
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

impl Action {
    fn as_create(&self) -> Option<&Create> {
        match self {
            Self::Create(create) => Some(create),
            _ => None,
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

fn typed<T: DeserializeOwned>(scenario: &str, at: &str, value: Value) -> Result<T, ScenarioError> {
    serde_json::from_value(value).map_err(|error| ScenarioError::Form {
        scenario: scenario.to_owned(),
        at: at.to_owned(),
        reason: error.to_string(),
    })
}

const ACTIONS: [&str; 14] = [
    "http",
    "health",
    "scrape",
    "automation",
    "margin_guard",
    "many",
    "create",
    "record",
    "poll",
    "state",
    "clock",
    "wait_ms",
    "settle",
    "parallel",
];

/// What may stand beside the action and changes nothing: `expect_slow` and the like.
fn is_remark(key: &str) -> bool {
    key.starts_with("expect_") || matches!(key, "about" | "why" | "comment")
}

impl Step {
    fn read(
        scenario: &str,
        id: String,
        mut step: Map<String, Value>,
    ) -> Result<Self, ScenarioError> {
        step.retain(|key, _| !is_remark(key));
        let times = step.remove("times");
        let concurrent = step.remove("concurrent");
        let after = step.remove("after_ms");
        let keys: Vec<String> = step.keys().cloned().collect();
        let (Some((key, payload)), None) = ({
            let mut parts = step.into_iter();
            (parts.next(), parts.next())
        }) else {
            return Err(unknown(scenario, id, &keys));
        };
        let at = format!("step {id}, `{key}`");
        let number = |value: Option<Value>| {
            value
                .map(|value| typed::<u64>(scenario, &at, value))
                .transpose()
        };
        let count = |value| {
            number(value).map(|number| number.map(|n| usize::try_from(n).unwrap_or(usize::MAX)))
        };
        let concurrent = match concurrent {
            Some(Value::Bool(together)) => {
                if together {
                    Some(usize::MAX)
                } else {
                    None
                }
            }
            other => count(other)?,
        };
        let times = count(times)?;
        Ok(Self {
            times: times
                .or(concurrent.filter(|n| *n != usize::MAX))
                .unwrap_or(1),
            concurrent: concurrent.unwrap_or(1).max(1),
            after: Duration::from_millis(number(after)?.unwrap_or(0)),
            action: action(scenario, &id, &key, payload)?,
            id,
        })
    }
}

fn action(scenario: &str, id: &str, key: &str, payload: Value) -> Result<Action, ScenarioError> {
    let at = format!("step {id}, `{key}`");
    let milliseconds = |value| typed(scenario, &at, value).map(Duration::from_millis);
    Ok(match key {
        "http" => Action::Http(typed(scenario, &at, payload)?),
        "health" => Action::Health,
        "scrape" => Action::Scrape(scrape_headers(scenario, &at, payload)?),
        "automation" => Action::Automation(typed(scenario, &at, payload)?),
        "margin_guard" => Action::MarginGuard(typed(scenario, &at, payload)?),
        "many" => Action::Many(typed(scenario, &at, payload)?),
        "create" => Action::Create(typed(scenario, &at, payload)?),
        "record" => Action::Record(typed(scenario, &at, payload)?),
        "poll" => Action::Poll(typed(scenario, &at, payload)?),
        "state" => Action::State(typed(scenario, &at, payload)?),
        "clock" => Action::Advance(Duration::from_millis(
            typed::<Advance>(scenario, &at, payload)?.advance_ms,
        )),
        "wait_ms" => Action::Wait(milliseconds(payload)?),
        "settle" => Action::Settle,
        "parallel" => Action::Parallel(parts(scenario, id, typed(scenario, &at, payload)?)?),
        other => return Err(unknown(scenario, id.to_owned(), &[other.to_owned()])),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScrapeRequest {
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

fn scrape_headers(
    scenario: &str,
    at: &str,
    payload: Value,
) -> Result<BTreeMap<String, String>, ScenarioError> {
    match payload {
        Value::Bool(true) => Ok(BTreeMap::new()),
        payload => typed::<ScrapeRequest>(scenario, at, payload).map(|scrape| scrape.headers),
    }
}

fn parts(
    scenario: &str,
    id: &str,
    parts: Vec<Map<String, Value>>,
) -> Result<Vec<Step>, ScenarioError> {
    let part = |(n, part)| Step::read(scenario, format!("{id}.{n}"), part);
    parts.into_iter().enumerate().map(part).collect()
}

fn unknown(scenario: &str, step: String, keys: &[String]) -> ScenarioError {
    ScenarioError::Unknown {
        scenario: scenario.to_owned(),
        step,
        given: keys.join("`, `"),
        expected: ACTIONS.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(step: Value) -> Result<Step, ScenarioError> {
        let scenario = json!({"name": "s", "about": "x", "steps": [{"settle": true}, step]});
        Scenario::read("s", scenario).map(|mut scenario| scenario.steps.remove(1))
    }

    #[track_caller]
    fn refused(step: Value, reason: &str) {
        let error = read(step).expect_err("refused").to_string();
        assert!(
            error.contains(reason) && error.contains("`s`") && error.contains('1'),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_step_is_named() {
        refused(json!({"reboot": true}), "unknown `reboot`");
        refused(
            json!({"health": true, "scrape": true}),
            "unknown `health`, `scrape`",
        );
        refused(json!({"times": 2}), "unknown ``");
        refused(json!({"state": {"moon": "full"}}), "unknown field `moon`");
        refused(json!({"state": {"ln": "sleepy"}}), "did not match");
        refused(json!({"poll": "weather"}), "unknown variant `weather`");
        refused(
            json!({"http": {"method": "GET", "path": "/", "proxy": "x"}}),
            "unknown field `proxy`",
        );
        refused(
            json!({"parallel": [{"reboot": true}]}),
            "step 1.0: unknown `reboot`",
        );
    }

    #[test]
    fn every_form_of_the_format_is_read() {
        for step in [
            json!({"http": {"method": "POST", "path": "/x/{n}", "headers": {"a": "b"}, "body": "{", "abort_after_ms": 5}, "times": 3, "concurrent": 2, "after_ms": 1}),
            json!({"health": true, "expect_slow": true}),
            json!({"scrape": {"headers": {"accept": "*/*"}}}),
            json!({"many": {"kind": "automation", "prefix": "t", "count": 3}}),
            json!({"many": {"kind": "margin_guard", "prefix": "t", "count": 3}}),
            json!({"create": {"kind": "gauge", "name": "g", "help": "h"}}),
            json!({"record": {"name": "g", "op": "touch", "labels": ["x", 1, true]}}),
            json!({"state": {"db": "up", "connections": {"bigint": "81"}, "users": "NO_ROWS", "ln": 204}}),
            json!({"state": {"db": {"slow_ms": 5}, "connections_queue": ["1", 2], "ln": {"slow_ms": 1, "status": 503}}}),
            json!({"state": {"db": {"throw": null}, "ln": "headers_only", "broken_health": "x"}}),
            json!({"state": {"db": {"error_class": "E", "message": "m"}, "ln": "redirect_loop"}}),
            json!({"clock": {"advance_ms": 5}}),
            json!({"wait_ms": 5}),
            json!({"settle": true}),
            json!({"parallel": [{"scrape": true, "after_ms": 20}]}),
        ] {
            let text = step.to_string();
            assert!(read(step).is_ok(), "{text}");
        }
    }

    #[test]
    fn numbers_json_cannot_write_are_read() {
        let number = |value: Value| {
            let step = read(json!({"record": {"name": "g", "op": "set", "value": value}}))
                .expect("a step");
            match step.action {
                Action::Record(record) => record.number(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(number(json!(2.5)), Some(2.5));
        assert_eq!(
            number(json!({"number": "-Infinity"})),
            Some(f64::NEG_INFINITY)
        );
        assert!(number(json!({"number": "NaN"})).is_some_and(f64::is_nan));
        assert!(number(json!({"number": "-0"})).is_some_and(f64::is_sign_negative));
        assert_eq!(number(json!("five")), None);
    }
}
