//! Compares what was played with what was recorded.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::{self, Answer, step_of, wrong_methods};
use super::compare::{AtLeast, Durations, compare, improved, remove_own_series};
use super::exposition::{Exposition, Sample};
use super::play::{Played, Text};
use super::recording::Recording;
use super::report::ScenarioReport;
use super::scenario::{Action, Scenario};
use super::stage::is_missing;

/// What was compared, what differs, and what is to be said about it.
pub(super) fn judge(recording: &Recording, scenario: &Scenario, played: &Played) -> ScenarioReport {
    let mut report = ScenarioReport::of(&recording.name);
    report.differences =
        answers::compare(&recording.answers, &played.answers, &scenario.allowances());
    for (name, recorded) in &recording.texts {
        let text = played.texts.get(name);
        let (compared, found) = judge_text(
            recording,
            scenario,
            name,
            recorded,
            text,
            &played.answers.list,
        );
        report.compared += compared;
        report.differences.extend(
            found
                .into_iter()
                .map(|problem| format!("{name}: {problem}")),
        );
    }
    let unrecorded = played
        .texts
        .keys()
        .filter(|name| !recording.texts.contains_key(*name));
    report
        .differences
        .extend(unrecorded.map(|name| format!("{name}: was answered, the recording has none")));
    remark(scenario, &mut report);
    report
}

fn judge_text(
    recording: &Recording,
    scenario: &Scenario,
    name: &str,
    recorded: &str,
    text: Option<&Text>,
    answers: &[Answer],
) -> (usize, Vec<String>) {
    let Some(text) = text else {
        return (0, vec!["there is none".to_owned()]);
    };
    let mut actual = match &text.exposition {
        Ok(exposition) => exposition.clone(),
        Err(reason) => return (0, vec![reason.clone()]),
    };
    remove_own_series(&mut actual);
    let mut expected = Exposition::parse(recorded);
    if scenario.about_wrong_methods() {
        answer_405(
            &mut expected,
            recording,
            scenario,
            &answers[..text.answers_before],
        );
    }
    let none = AtLeast::new();
    let at_least = if name == "metrics" {
        &scenario.at_least
    } else {
        &none
    };
    let durations = if scenario.manual_clock {
        Durations::Exact
    } else {
        Durations::Timed(at_least)
    };
    let compared = count(&expected, &actual);
    let mut found = compare(&expected, &actual, durations);
    if let Some(better) = scenario
        .better
        .texts
        .get(name)
        .filter(|_| !found.is_empty())
    {
        let better = Exposition::parse(&improved(recorded, &better.drop, &better.add));
        let still = compare(&better, &actual, durations);
        if still.is_empty() {
            return (count(&better, &actual), still);
        }
        found.extend(
            still
                .into_iter()
                .map(|problem| format!("or, for the better outcome: {problem}")),
        );
    }
    (compared, found)
}

/// How many different samples two expositions have together.
fn count(expected: &Exposition, actual: &Exposition) -> usize {
    let samples: BTreeSet<&Sample> = expected
        .samples
        .keys()
        .chain(actual.samples.keys())
        .collect();
    samples.len()
}

/// Moves what this framework answered with 405 in the recording from 404 to there.
fn answer_405(
    expected: &mut Exposition,
    recording: &Recording,
    scenario: &Scenario,
    answers: &[Answer],
) {
    for (method, count) in wrong_method_answers(recording, scenario, answers) {
        let sample = |status| {
            let labels = [
                ("method", method.as_str()),
                ("route", "undefined"),
                ("status_code", status),
            ];
            Sample::new("axisor_http_requests_total", labels)
        };
        let Some(recorded) = expected.samples.remove(&sample("404")) else {
            continue;
        };
        if recorded > count {
            expected.samples.insert(sample("404"), recorded - count);
        }
        *expected.samples.entry(sample("405")).or_default() += count;
    }
}

/// How many requests of each method were answered 405 in place of a recorded 404.
#[expect(clippy::cast_precision_loss, reason = "counts of a few requests")]
fn wrong_method_answers(
    recording: &Recording,
    scenario: &Scenario,
    answers: &[Answer],
) -> BTreeMap<String, f64> {
    let recorded: BTreeMap<String, &Answer> = recording
        .answers
        .list
        .iter()
        .map(|answer| (step_of(answer), answer))
        .collect();
    let mut counts = BTreeMap::new();
    for answer in answers {
        let id = step_of(answer);
        let step = scenario.all_steps().into_iter().find(|step| step.id == id);
        if let (Some(Action::Http(request)), Some(recorded)) =
            (step.map(|step| &step.action), recorded.get(&id))
        {
            let count = wrong_methods(recorded, answer);
            if count > 0 {
                *counts.entry(request.method.clone()).or_default() += count as f64;
            }
        }
    }
    counts
}

/// What need not be met is said, and does not count as different.
fn remark(scenario: &Scenario, report: &mut ScenarioReport) {
    for setting in scenario
        .settings
        .iter()
        .filter(|setting| is_missing(setting))
    {
        report.remarks.push(format!(
            "played without `{} = {}`, which the SDK does not have",
            setting.0, setting.1
        ));
    }
    if !scenario.negotiated().is_empty() {
        let remark = "a scrape asks for OpenMetrics, which the original did not know: its page is compared as any other";
        report.remarks.push(remark.to_owned());
    }
    if let Some(reason) = &scenario.optional {
        report.excuse("optional", reason);
    }
    if let Some(reason) = scenario
        .framework
        .as_ref()
        .filter(|_| !scenario.about_wrong_methods())
    {
        report.excuse("framework", reason);
    } else if let Some(reason) = &scenario.framework {
        report.remarks.push(format!(
            "framework, compared with 405 for 404 where this one says so: {reason}"
        ));
    }
}
