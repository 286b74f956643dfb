//! One step: what it does, how often and when.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::payload::{Automation, Create, HttpRequest, Many, MarginGuard, Poll, Record};
use super::state::State;
use super::{ScenarioError, typed};

/// One step: what it does, how often and when.
#[derive(Debug, Clone)]
pub(in crate::golden) struct Step {
    /// `3`, or `3.1` for part 1 of parallel step 3.
    pub(in crate::golden) id: String,
    pub(in crate::golden) action: Action,
    pub(in crate::golden) times: usize,
    /// How many of the repetitions run at once.
    pub(in crate::golden) concurrent: usize,
    pub(in crate::golden) after: Duration,
}

#[derive(Debug, Clone)]
pub(in crate::golden) enum Action {
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

impl Step {
    /// Reads a step: one key says what it does, others how often and when.
    pub(super) fn read(
        scenario: &str,
        id: String,
        mut step: Map<String, Value>,
    ) -> Result<Self, ScenarioError> {
        step.retain(|key, _| !is_remark(key));
        let repetition = take_repetition(&mut step);
        let keys: Vec<String> = step.keys().cloned().collect();
        let place = Place {
            scenario,
            id: &id,
            keys: &keys,
        };
        let mut parts = step.into_iter();
        let (Some((key, payload)), None) = (parts.next(), parts.next()) else {
            return Err(place.unknown());
        };
        let repetition: Repetition = place.typed(repetition)?;
        Ok(Self {
            action: place.action(&key, payload)?,
            times: repetition.times(),
            concurrent: repetition.concurrent(),
            after: Duration::from_millis(repetition.after_ms),
            id,
        })
    }
}

/// `times`, `concurrent` and `after_ms` of a step.
#[derive(Deserialize)]
struct Repetition {
    times: Option<usize>,
    concurrent: Option<Concurrent>,
    #[serde(default)]
    after_ms: u64,
}

/// So many at once, or all of them.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Concurrent {
    Number(usize),
    Together(bool),
}

impl Repetition {
    fn times(&self) -> usize {
        let together = match self.concurrent {
            Some(Concurrent::Number(number)) => number,
            _ => 1,
        };
        self.times.unwrap_or(together)
    }

    fn concurrent(&self) -> usize {
        match self.concurrent {
            Some(Concurrent::Number(number)) => number.max(1),
            Some(Concurrent::Together(true)) => usize::MAX,
            Some(Concurrent::Together(false)) | None => 1,
        }
    }
}

fn take_repetition(step: &mut Map<String, Value>) -> Value {
    let keys = ["times", "concurrent", "after_ms"];
    keys.iter()
        .filter_map(|key| step.remove_entry(*key))
        .collect()
}

/// Every key that says what a step does.
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

/// Where in the scenario something stands.
struct Place<'a> {
    scenario: &'a str,
    id: &'a str,
    keys: &'a [String],
}

impl Place<'_> {
    fn action(&self, key: &str, payload: Value) -> Result<Action, ScenarioError> {
        Ok(match key {
            "http" => Action::Http(self.typed(payload)?),
            "health" => Action::Health,
            "scrape" => Action::Scrape(self.scrape_headers(payload)?),
            "automation" => Action::Automation(self.typed(payload)?),
            "margin_guard" => Action::MarginGuard(self.typed(payload)?),
            "many" => Action::Many(self.typed(payload)?),
            "create" => Action::Create(self.typed(payload)?),
            "record" => Action::Record(self.typed(payload)?),
            "poll" => Action::Poll(self.typed(payload)?),
            "state" => Action::State(self.typed(payload)?),
            "clock" => Action::Advance(Duration::from_millis(
                self.typed::<Advance>(payload)?.advance_ms,
            )),
            "wait_ms" => Action::Wait(Duration::from_millis(self.typed(payload)?)),
            "settle" => Action::Settle,
            "parallel" => Action::Parallel(self.parts(self.typed(payload)?)?),
            _ => return Err(self.unknown()),
        })
    }

    fn scrape_headers(&self, payload: Value) -> Result<BTreeMap<String, String>, ScenarioError> {
        match payload {
            Value::Bool(true) => Ok(BTreeMap::new()),
            payload => self
                .typed::<ScrapeRequest>(payload)
                .map(|scrape| scrape.headers),
        }
    }

    fn parts(&self, parts: Vec<Map<String, Value>>) -> Result<Vec<Step>, ScenarioError> {
        let part = |(n, part)| Step::read(self.scenario, format!("{}.{n}", self.id), part);
        parts.into_iter().enumerate().map(part).collect()
    }

    fn typed<T: DeserializeOwned>(&self, value: Value) -> Result<T, ScenarioError> {
        let at = format!("step {}, `{}`", self.id, self.keys.join("`, `"));
        typed(self.scenario, &at, value)
    }

    fn unknown(&self) -> ScenarioError {
        ScenarioError::Unknown {
            scenario: self.scenario.to_owned(),
            step: self.id.to_owned(),
            given: self.keys.join("`, `"),
            expected: ACTIONS.join(", "),
        }
    }
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

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "`json!` stands at every call"
)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::golden::scenario::Scenario;

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
