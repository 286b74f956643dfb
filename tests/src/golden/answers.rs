//! Compares the answers to a scenario's steps by the rules of the recordings.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

/// `NAME.answers.json`, recorded or played.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Answers {
    /// The status of the last `GET /metrics`.
    pub metrics_status: u16,
    /// Its content type.
    pub metrics_content_type: Option<String>,
    /// One entry per step that had an outcome.
    #[serde(rename = "answers")]
    pub list: Vec<Answer>,
}

/// What a scraper may ask for instead of the text format.
pub const OPENMETRICS: &str = "application/openmetrics-text";

/// The outcome of a step: `status` or `statuses`, `content_type`, `body`, `error`, `client_error`, `body_cut_short`.
pub type Answer = Map<String, Value>;

/// What the recording says beside the answers.
#[derive(Debug, Clone, Default)]
pub struct Allowances {
    /// Steps that may be accepted though the recording refused them, or the other way round.
    pub free: BTreeSet<String>,
    /// Parts of an answer that are better than the recorded ones, by step.
    pub better: BTreeMap<String, Answer>,
    /// Steps whose client left early: how its own library called that is not compared.
    pub abandoned: BTreeSet<String>,
    /// Steps that asked for OpenMetrics, which the original did not know: its content type is right there, too.
    pub negotiated: BTreeSet<String>,
    /// Steps which a web framework may answer with 405 where Fastify answers 404.
    pub other_framework: bool,
}

/// The outcome of one part of a step (`0.1` is part 1 of parallel step 0).
#[must_use]
pub fn step_of(answer: &Answer) -> String {
    match answer.get("step") {
        Some(Value::String(step)) => step.clone(),
        Some(step) => step.to_string(),
        None => String::new(),
    }
}

/// Every difference between the recorded and the played answers, in words.
#[must_use]
pub fn compare(expected: &Answers, actual: &Answers, allowances: &Allowances) -> Vec<String> {
    let mut found = metrics_endpoint(expected, actual);
    let recorded = by_step(expected);
    let played = by_step(actual);
    let steps: BTreeSet<&String> = recorded
        .keys()
        .chain(played.keys())
        .chain(&allowances.free)
        .collect();
    let none = Answer::new();
    for step in steps {
        let recorded = recorded.get(step).copied().unwrap_or(&none);
        let played = played.get(step).copied().unwrap_or(&none);
        let problems = one_step(step, recorded, played, allowances);
        found.extend(
            problems
                .into_iter()
                .map(|problem| format!("step {step}: {problem}")),
        );
    }
    found
}

/// How many requests were answered 405 where Fastify answers 404, if that is allowed.
#[must_use]
pub fn wrong_methods(expected: &Answer, actual: &Answer) -> u64 {
    match (statuses(expected).get("404"), statuses(actual).get("405")) {
        (Some(_), Some(count)) => *count,
        _ => 0,
    }
}

fn by_step(answers: &Answers) -> BTreeMap<String, &Answer> {
    answers
        .list
        .iter()
        .map(|answer| (step_of(answer), answer))
        .collect()
}

fn metrics_endpoint(expected: &Answers, actual: &Answers) -> Vec<String> {
    let (recorded, got) = (expected.metrics_status, actual.metrics_status);
    if (recorded == 200) != (got == 200) {
        return vec![format!("/metrics status {got}, expected {recorded}")];
    }
    let content_type = actual.metrics_content_type.as_deref().unwrap_or_default();
    if recorded == 200 && !is_type(content_type, "text/plain") {
        return vec![format!(
            "/metrics content type `{content_type}`, expected text/plain"
        )];
    }
    Vec::new()
}

fn one_step(
    step: &str,
    recorded: &Answer,
    played: &Answer,
    allowances: &Allowances,
) -> Vec<String> {
    let mut found = outcome(step, recorded, played, allowances);
    if let Some(better) = allowances.better.get(step).filter(|_| !found.is_empty()) {
        let mut merged = recorded.clone();
        merged.extend(better.clone());
        if outcome(step, &merged, played, allowances).is_empty() {
            found.clear();
        }
    }
    let (refused, was_refused) = (recorded.contains_key("error"), played.contains_key("error"));
    if refused != was_refused && !allowances.free.contains(step) {
        found.push(match played.get("error") {
            Some(reason) => format!("was refused: {reason}"),
            None => "was accepted, expected a refusal".to_owned(),
        });
    }
    found
}

fn outcome(step: &str, recorded: &Answer, played: &Answer, allowances: &Allowances) -> Vec<String> {
    let mut found = Vec::new();
    if !allowances.abandoned.contains(step) {
        found.extend(delivery(recorded, played, allowances.other_framework));
    }
    if let Some(expected) = recorded.get("body") {
        let got = played.get("body").unwrap_or(&Value::Null);
        found.extend(body(expected, got, "body"));
    }
    let content_type = |answer: &Answer| text(answer, "content_type");
    for kind in ["application/json", "text/plain"] {
        let got = content_type(played);
        let negotiated = allowances.negotiated.contains(step) && is_type(&got, OPENMETRICS);
        if is_type(&content_type(recorded), kind) && !is_type(&got, kind) && !negotiated {
            found.push(format!("content type `{got}`, expected {kind}"));
        }
    }
    found
}

/// Statuses, and whether the answer came whole.
fn delivery(recorded: &Answer, played: &Answer, other_framework: bool) -> Vec<String> {
    let mut found = Vec::new();
    let (expected, mut got) = (statuses(recorded), statuses(played));
    if other_framework
        && wrong_methods(recorded, played) > 0
        && let Some(count) = got.remove("405")
    {
        *got.entry("404".to_owned()).or_default() += count;
    }
    if expected != got {
        found.push(format!("status {got:?}, expected {expected:?}"));
    }
    for broken in ["client_error", "body_cut_short"] {
        let said = |answer: &Answer| {
            answer
                .get(broken)
                .is_some_and(|value| *value != Value::Bool(false))
        };
        if said(recorded) != said(played) {
            found.push(format!(
                "{broken} {:?}, expected {:?}",
                played.get(broken),
                recorded.get(broken)
            ));
        }
    }
    found
}

/// How often each status came; one answer alone is written `status`.
fn statuses(answer: &Answer) -> BTreeMap<String, u64> {
    if let Some(Value::Object(statuses)) = answer.get("statuses") {
        let count =
            |(status, count): (&String, &Value)| (status.clone(), count.as_u64().unwrap_or(0));
        return statuses.iter().map(count).collect();
    }
    let status = answer.get("status").filter(|status| !status.is_null());
    status
        .map(|status| (status.to_string(), 1))
        .into_iter()
        .collect()
}

fn text(answer: &Answer, key: &str) -> String {
    answer
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn is_type(content_type: &str, expected: &str) -> bool {
    content_type.to_ascii_lowercase().starts_with(expected)
}

fn body(expected: &Value, got: &Value, at: &str) -> Vec<String> {
    if let (Value::Object(expected), Value::Object(got)) = (expected, got) {
        return object(expected, got, at);
    }
    let wanted = match expected.as_str() {
        _ if expected == got => return Vec::new(),
        Some("@epoch_ms") if got.as_f64().is_some_and(|number| number >= 0.0) => return Vec::new(),
        Some("@iso8601_ms") if got.as_str().is_some_and(is_utc_milliseconds) => return Vec::new(),
        Some("@any_text" | "fetch failed") if got.as_str().is_some_and(|text| !text.is_empty()) => {
            return Vec::new();
        }
        Some("@epoch_ms") => "a number".to_owned(),
        Some("@iso8601_ms") => "a UTC time with milliseconds".to_owned(),
        Some("@any_text" | "fetch failed") => "a text".to_owned(),
        _ => expected.to_string(),
    };
    vec![format!("{at} is {got}, expected {wanted}")]
}

fn object(expected: &Map<String, Value>, got: &Map<String, Value>, at: &str) -> Vec<String> {
    let missing = expected
        .keys()
        .filter(|key| !got.contains_key(*key))
        .map(|key| format!("{at}.{key} is missing"));
    let extra = got
        .keys()
        .filter(|key| !expected.contains_key(*key))
        .map(|key| format!("{at}.{key} is extra"));
    let mut found: Vec<String> = missing.chain(extra).collect();
    for (key, expected) in expected {
        if let Some(got) = got.get(key) {
            found.extend(body(expected, got, &format!("{at}.{key}")));
        }
    }
    found
}

/// `2025-01-06T00:00:00.000Z`, digit for digit.
fn is_utc_milliseconds(text: &str) -> bool {
    const PATTERN: &[u8] = b"0000-00-00T00:00:00.000Z";
    let fits = |(pattern, byte): (&u8, u8)| match pattern {
        b'0' => byte.is_ascii_digit(),
        other => *other == byte,
    };
    text.len() == PATTERN.len() && PATTERN.iter().zip(text.bytes()).all(fits)
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "`json!` stands at every call"
)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answers(list: Value) -> Answers {
        serde_json::from_value(json!({"metrics_status": 200, "metrics_content_type": "text/plain; version=0.0.4", "answers": list})).expect("answers")
    }

    fn differences(recorded: Value, played: Value) -> String {
        compare(&answers(recorded), &answers(played), &Allowances::default()).join("\n")
    }

    #[track_caller]
    fn refused(recorded: Value, played: Value, reason: &str) {
        let found = differences(json!([recorded]), json!([played]));
        assert!(found.contains(reason), "{found:?}");
    }

    #[track_caller]
    fn accepted(recorded: Value, played: Value) {
        assert_eq!(differences(json!([recorded]), json!([played])), "");
    }

    #[test]
    fn statuses_are_exact() {
        accepted(
            json!({"step": 0, "status": 200}),
            json!({"step": "0", "status": 200}),
        );
        accepted(
            json!({"step": 0, "statuses": {"200": 1}}),
            json!({"step": 0, "status": 200}),
        );
        refused(
            json!({"step": 0, "status": 200}),
            json!({"step": 0, "status": 201}),
            "step 0: status",
        );
        refused(
            json!({"step": 0, "statuses": {"200": 2}}),
            json!({"step": 0, "statuses": {"200": 1, "500": 1}}),
            "status",
        );
        refused(
            json!({"step": 0, "status": 404}),
            json!({"step": 0, "status": 405}),
            "status",
        );
        refused(
            json!({"step": 0, "status": 404}),
            json!({"step": 1, "status": 404}),
            "step 1",
        );
    }

    #[test]
    fn metrics_must_answer_as_recorded() {
        let ok = answers(json!([]));
        let with = |status: u16, kind: &str| Answers {
            metrics_status: status,
            metrics_content_type: Some(kind.to_owned()),
            list: Vec::new(),
        };
        let found = |played| compare(&ok, &played, &Allowances::default()).join("");
        assert_eq!(found(with(200, "Text/Plain")), "");
        assert!(found(with(200, "application/openmetrics-text")).contains("content type"));
        assert!(found(with(500, "text/plain")).contains("status 500"));
    }

    #[test]
    fn openmetrics_is_right_for_those_who_ask_for_it_and_for_nobody_else() {
        let step = |kind| answers(json!([{"step": 0, "status": 200, "content_type": kind}]));
        let asked = Allowances {
            negotiated: ["0".to_owned()].into(),
            ..Allowances::default()
        };
        let found =
            |kind, allowances: &Allowances| compare(&step("text/plain"), &step(kind), allowances);
        assert_eq!(found(OPENMETRICS, &asked), [""; 0]);
        assert_eq!(found("text/html", &asked).len(), 1);
        assert_eq!(found(OPENMETRICS, &Allowances::default()).len(), 1);
    }

    #[test]
    fn bodies_have_the_same_keys_values_and_types() {
        let recorded = json!({"step": 1, "status": 200, "content_type": "application/json; charset=utf-8", "body": {
            "healthy": true, "checks": {"database": {"healthy": true, "response_time": "@epoch_ms"}}, "timestamp": "@iso8601_ms", "error": "fetch failed"}});
        let played = json!({"step": 1, "status": 200, "content_type": "application/json", "body": {
            "checks": {"database": {"response_time": 0.7, "healthy": true}}, "healthy": true, "timestamp": "2026-11-23T10:00:00.123Z", "error": "no route to host"}});
        accepted(recorded.clone(), played.clone());
        let without = |pointer: &str, value: Value| {
            let mut played = played.clone();
            *played.pointer_mut(pointer).expect("a member") = value;
            played
        };
        let wrong =
            |pointer, value, reason| refused(recorded.clone(), without(pointer, value), reason);
        wrong(
            "/body/healthy",
            json!("true"),
            "body.healthy is \"true\", expected true",
        );
        wrong("/body/healthy", json!(1), "body.healthy");
        wrong(
            "/body/checks/database",
            json!({"healthy": true}),
            "response_time is missing",
        );
        wrong(
            "/body/checks/database",
            json!({"healthy": true, "response_time": 1, "host": "x"}),
            "host is extra",
        );
        wrong(
            "/body/checks/database/response_time",
            json!("12"),
            "expected a number",
        );
        wrong(
            "/body/checks/database/response_time",
            json!(-1),
            "expected a number",
        );
        wrong(
            "/body/timestamp",
            json!("2026-11-23T10:00:00Z"),
            "expected a UTC time",
        );
        wrong(
            "/body/timestamp",
            json!("2026-11-23T10:00:00.123+00:00"),
            "expected a UTC time",
        );
        wrong("/body/error", json!(""), "expected a text");
        wrong("/body/error", json!(null), "expected a text");
        wrong("/body", json!(null), "body is null");
        wrong("/content_type", json!("text/html"), "content type");
    }

    #[test]
    fn database_messages_are_passed_on_word_for_word() {
        let with = |error| json!({"step": 0, "body": {"error": error}});
        accepted(with("down"), with("down"));
        refused(with("down"), with("Down"), "body.error");
        accepted(with("@any_text"), with("anything"));
    }

    #[test]
    fn only_that_a_step_was_refused_is_compared() {
        let refusal = |kind| json!({"step": 2, "error": {"kind": kind}});
        accepted(refusal("TypeError"), refusal("MetricError"));
        refused(refusal("Error"), json!({"step": 2}), "was accepted");
        refused(json!({"step": 2}), refusal("MetricError"), "was refused");
    }

    #[test]
    fn a_better_outcome_is_accepted_beside_the_recorded_one() {
        let recorded = answers(
            json!([{"step": 0, "status": 503, "body": {"healthy": false}}, {"step": 1, "error": {}}]),
        );
        let better = json!({"status": 200, "body": {"healthy": true}});
        let allowances = Allowances {
            free: ["1".to_owned(), "7".to_owned()].into(),
            better: [(
                "0".to_owned(),
                better.as_object().cloned().unwrap_or_default(),
            )]
            .into(),
            ..Allowances::default()
        };
        let found = |played| compare(&recorded, &answers(played), &allowances).join("\n");
        assert_eq!(
            found(json!([{"step": 0, "status": 200, "body": {"healthy": true}}])),
            ""
        );
        assert_eq!(
            found(
                json!([{"step": 0, "status": 503, "body": {"healthy": false}}, {"step": 1, "error": {}}])
            ),
            ""
        );
        assert!(
            found(json!([{"step": 0, "status": 200, "body": {"healthy": false}}]))
                .contains("step 0")
        );
    }

    #[test]
    fn another_frameworks_405_is_accepted_only_where_it_is_allowed() {
        let recorded = answers(json!([{"step": 0, "status": 404}]));
        let played = answers(json!([{"step": 0, "status": 405}]));
        let allowances = Allowances {
            other_framework: true,
            ..Allowances::default()
        };
        assert!(compare(&recorded, &played, &allowances).is_empty());
        assert!(
            !compare(
                &recorded,
                &answers(json!([{"step": 0, "status": 400}])),
                &allowances
            )
            .is_empty()
        );
    }

    #[test]
    fn a_body_that_broke_is_no_whole_answer() {
        refused(
            json!({"step": 0, "status": 200, "body_cut_short": true}),
            json!({"step": 0, "status": 200}),
            "body_cut_short",
        );
        refused(
            json!({"step": 0, "status": 200}),
            json!({"step": 0, "client_error": "refused"}),
            "client_error",
        );
    }
}
