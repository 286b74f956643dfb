//! Plays all recordings of a directory, several at a time.

use std::collections::HashMap;
use std::sync::Arc;

use axisor_stack::StartError;
use futures_util::{StreamExt, stream};

use super::judge::judge;
use super::play::play;
use super::recording::Recording;
use super::report::{Report, ScenarioReport};
use super::scenario::{Create, MetricKind, Scenario};
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
///
/// # Panics
/// If the player does, which is a mistake in it.
pub async fn run(recordings: Vec<Recording>, through: Through) -> Result<Report, RunError> {
    let mut scenarios = Vec::new();
    for group in groups(recordings, through) {
        let backend = Arc::new(Backend::start(through).await?);
        // A task each: what one computes must not make another's waits longer.
        let played =
            stream::iter(group).map(|recording| tokio::spawn(one(recording, Arc::clone(&backend))));
        let reports: Vec<_> = played.buffer_unordered(AT_ONCE).collect().await;
        scenarios.extend(
            reports
                .into_iter()
                .map(|report| report.expect("the player does not panic")),
        );
        if let Some(backend) = Arc::into_inner(backend) {
            backend.stop().await;
        }
    }
    scenarios.sort_by(|a: &ScenarioReport, b| a.name.cmp(&b.name));
    Ok(Report { scenarios })
}

async fn one(recording: Recording, backend: Arc<Backend>) -> ScenarioReport {
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
            let played = play(scenario, &stage, &*view).await;
            judge(&recording, scenario, &played)
        }
        Err(error) => ScenarioReport::failed(name, error),
    }
}

/// Recordings that may share a Collector: a page has one help and one type for a name, whoever sent it.
fn groups(recordings: Vec<Recording>, through: Through) -> Vec<Vec<Recording>> {
    if through == Through::InProcess {
        return vec![recordings];
    }
    let mut groups: Vec<Group> = Vec::new();
    for recording in recordings {
        let metrics: Vec<Metric> = recording
            .scenario
            .iter()
            .flat_map(Scenario::creates)
            .map(metric)
            .collect();
        let mut fitting = groups.iter_mut().filter(|group| group.agrees(&metrics));
        if let Some(group) = fitting.next() {
            group.add(recording, metrics);
        } else {
            let mut group = Group::default();
            group.add(recording, metrics);
            groups.push(group);
        }
    }
    groups.into_iter().map(|group| group.recordings).collect()
}

/// A metric's name, and what its page says of it.
type Metric = (String, (MetricKind, String));

fn metric(create: &Create) -> Metric {
    (create.name.clone(), (create.kind, create.help.clone()))
}

#[derive(Default)]
struct Group {
    recordings: Vec<Recording>,
    metrics: HashMap<String, Vec<(MetricKind, String)>>,
}

impl Group {
    /// A name of both is the same metric in both.
    fn agrees(&self, metrics: &[Metric]) -> bool {
        metrics.iter().all(|(name, metric)| {
            let known = self.metrics.get(name);
            known.is_none_or(|known| known.iter().all(|known| known == metric))
        })
    }

    fn add(&mut self, recording: Recording, metrics: Vec<Metric>) {
        self.recordings.push(recording);
        for (name, metric) in metrics {
            self.metrics.entry(name).or_default().push(metric);
        }
    }
}
