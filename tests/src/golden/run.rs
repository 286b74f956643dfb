//! Plays all recordings of a directory, several at a time.

use std::collections::HashMap;

use axisor_stack::StartError;
use futures_util::{StreamExt, stream};

use super::judge::judge;
use super::play::play;
use super::recording::Recording;
use super::report::{Report, ScenarioReport};
use super::scenario::{Create, Scenario};
use super::stage::Stage;
use super::through::{Backend, Identity, Through};

/// Why nothing was played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The stack behind the services did not start.
    #[error("the stack did not start")]
    Stack(#[from] StartError),
}

/// How many scenarios are played at once: most of their time is waiting.
const AT_ONCE: usize = 8;

/// Plays every recording and compares.
///
/// # Errors
/// [`RunError`] if what the series go through did not start.
pub async fn run(recordings: &[Recording], through: Through) -> Result<Report, RunError> {
    let mut scenarios = Vec::new();
    for group in groups(recordings, through) {
        let backend = Backend::start(through).await?;
        let reports = stream::iter(&group).map(|recording| one(recording, &backend));
        scenarios.extend(reports.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await);
        backend.stop().await;
    }
    scenarios.sort_by(|a: &ScenarioReport, b| a.name.cmp(&b.name));
    Ok(Report { scenarios })
}

async fn one(recording: &Recording, backend: &Backend) -> ScenarioReport {
    let name = &recording.name;
    let scenario = match &recording.scenario {
        Ok(scenario) => scenario,
        Err(error) => return ScenarioReport::failed(name, error),
    };
    let identity = Identity {
        job: format!("golden-{name}"),
        instance: format!("{name}.golden:3010"),
    };
    match Stage::set_up(scenario, backend.telemetry(&identity)).await {
        Ok(stage) => {
            let view = backend.view(&identity);
            judge(recording, scenario, play(scenario, &stage, &*view).await)
        }
        Err(error) => ScenarioReport::failed(name, error),
    }
}

/// Recordings that may share a Collector: a page has one help and one type for a name, whoever sent it.
fn groups(recordings: &[Recording], through: Through) -> Vec<Vec<&Recording>> {
    if through == Through::InProcess {
        return vec![recordings.iter().collect()];
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for recording in recordings {
        let creates = recording
            .scenario
            .as_ref()
            .map(Scenario::creates)
            .unwrap_or_default();
        match groups.iter_mut().find(|group| group.agrees(&creates)) {
            Some(group) => group.add(recording, &creates),
            None => {
                let mut group = Group::default();
                group.add(recording, &creates);
                groups.push(group);
            }
        }
    }
    groups.into_iter().map(|group| group.recordings).collect()
}

#[derive(Default)]
struct Group<'a> {
    recordings: Vec<&'a Recording>,
    metrics: HashMap<&'a str, Vec<&'a Create>>,
}

impl<'a> Group<'a> {
    /// A name of both is the same metric in both.
    fn agrees(&self, creates: &[&Create]) -> bool {
        let same = |a: &Create, b: &Create| (a.kind, &a.help) == (b.kind, &b.help);
        creates.iter().all(|create| {
            let known = self.metrics.get(create.name.as_str());
            known.is_none_or(|known| known.iter().all(|known| same(known, create)))
        })
    }

    fn add(&mut self, recording: &'a Recording, creates: &[&'a Create]) {
        self.recordings.push(recording);
        for create in creates {
            self.metrics.entry(&create.name).or_default().push(create);
        }
    }
}
