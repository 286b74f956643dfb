//! Plays a scenario, step by step, and keeps what came of it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axisor_telemetry::poll::Polled;
use futures_util::future::{BoxFuture, join_all};
use futures_util::{FutureExt, StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::answers::{Answer, Answers, OPENMETRICS};
use super::client::{self, Reply};
use super::custom::CustomMetrics;
use super::exposition::Exposition;
use super::fixture::reason;
use super::scenario::{Action, HttpRequest, Many, ManyKind, Poll, Scenario, State, Step};
use super::stage::Stage;
use super::through::View;

/// How long a request may be on its way.
const ARRIVAL: Duration = Duration::from_secs(1);

/// What a scenario led to.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) answers: Answers,
    /// By the name of the recorded text.
    pub(super) texts: BTreeMap<String, Text>,
}

/// An exposition, or why there is none.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) exposition: Result<Exposition, String>,
    /// How many answers had been given before.
    pub(super) answers_before: usize,
}

/// Plays the whole scenario on its stage and looks at the series through `view`.
pub(super) async fn play(scenario: &Scenario, stage: &Stage, view: &dyn View) -> Played {
    let player = Player {
        stage,
        view,
        custom: Mutex::default(),
        played: Mutex::default(),
    };
    for step in &scenario.steps {
        sleep(step.after).await;
        player.step(step).await;
    }
    player.last_scrape().await;
    player
        .played
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

struct Player<'a> {
    stage: &'a Stage,
    view: &'a dyn View,
    custom: Mutex<CustomMetrics>,
    played: Mutex<Played>,
}

/// What came of one repetition of a step.
#[derive(Debug, Default)]
struct Outcome {
    reply: Option<Reply>,
    body: Option<Value>,
    error: Option<String>,
}

impl Outcome {
    fn of(result: Result<(), impl Display>) -> Self {
        Self {
            error: result.err().map(|error| error.to_string()),
            ..Self::default()
        }
    }

    fn replied(reply: Reply) -> Self {
        Self {
            reply: Some(reply),
            ..Self::default()
        }
    }
}

impl Player<'_> {
    fn step<'s>(&'s self, step: &'s Step) -> BoxFuture<'s, ()> {
        async move {
            if let Action::Parallel(parts) = &step.action {
                return self.parallel(parts).await;
            }
            let repetitions = stream::iter(0..step.times).map(|n| self.once(step, n));
            let outcomes: Vec<Outcome> = repetitions
                .buffer_unordered(step.concurrent.min(step.times))
                .collect()
                .await;
            if let Some(answer) = answer(&step.id, outcomes) {
                self.played().answers.list.push(answer);
            }
        }
        .boxed()
    }

    /// Starts the parts together. Their delays run from when the requests without one have arrived, however slow
    /// the machine is.
    async fn parallel(&self, parts: &[Step]) {
        let in_flight = &self.stage.in_flight;
        let arrivals =
            in_flight.arrived() + parts.iter().filter(|part| arrives_at_once(part)).count();
        let parts = parts.iter().map(async |part| {
            if !part.after.is_zero() {
                // A request that never arrives holds nobody up for long.
                let _ = timeout(ARRIVAL, in_flight.arrivals(arrivals)).await;
                sleep(part.after).await;
            }
            self.step(part).await;
        });
        join_all(parts).await;
    }

    async fn once(&self, step: &Step, n: usize) -> Outcome {
        match &step.action {
            Action::Http(request) => Outcome::replied(self.send(&request.repetition(n)).await),
            Action::Health => self.health().await,
            Action::Scrape(headers) => self.scrape(&step.id, headers).await,
            Action::State(state) => self.change(state),
            Action::Poll(poll) => self.poll(*poll).await,
            Action::Wait(time) => wait(sleep(*time)).await,
            Action::Settle => wait(self.stage.in_flight.none()).await,
            Action::Parallel(_) => Outcome::default(), // taken care of by its step
            Action::Automation(_)
            | Action::MarginGuard(_)
            | Action::Many(_)
            | Action::Create(_)
            | Action::Record(_)
            | Action::Advance(_) => self.call(&step.action),
        }
    }

    /// What is a plain call of the SDK.
    fn call(&self, action: &Action) -> Outcome {
        let mut custom = self.custom.lock().unwrap_or_else(PoisonError::into_inner);
        match action {
            Action::Automation(event) => self.automation(&event.kind, &event.status),
            Action::MarginGuard(event) => self.margin_guard(&event.action, &event.plan),
            Action::Many(many) => self.many(many),
            Action::Create(create) => {
                return Outcome::of(custom.create(&self.stage.telemetry, create));
            }
            Action::Record(record) => return Outcome::of(custom.record(record)),
            Action::Advance(by) => self.stage.clock.advance(*by),
            _ => {}
        }
        Outcome::default()
    }

    fn automation(&self, kind: &str, status: &str) {
        self.stage.telemetry.automations().record(kind, status);
    }

    fn margin_guard(&self, action: &str, plan: &str) {
        self.stage.telemetry.margin_guard().record(action, plan);
    }

    fn many(&self, many: &Many) {
        for n in 0..many.count {
            let name = format!("{}{n:05}", many.prefix);
            match many.kind {
                ManyKind::Automation => self.automation(&name, "success"),
                ManyKind::MarginGuard => self.margin_guard(&name, "pro"),
            }
        }
    }

    async fn poll(&self, poll: Poll) -> Outcome {
        let polled = match poll {
            Poll::Database => Polled::DatabaseConnections,
            Poll::Users => Polled::ActiveUsers,
        };
        self.stage.telemetry.polls().run_once(polled).await;
        Outcome::default()
    }

    fn change(&self, state: &State) -> Outcome {
        let health = self.stage.telemetry.health();
        match state.broken_health.as_ref().map(reason) {
            Some(Some(reason)) => health.declare_unhealthy(reason),
            Some(None) => health.withdraw(),
            None => {}
        }
        self.stage.world.change(state.clone());
        Outcome::default()
    }

    async fn send(&self, request: &HttpRequest) -> Reply {
        client::send(self.stage.address, request).await
    }

    async fn health(&self) -> Outcome {
        let reply = self
            .send(&HttpRequest::get("/health", BTreeMap::new()))
            .await;
        let body = reply
            .text()
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok());
        Outcome {
            body,
            ..Outcome::replied(reply)
        }
    }

    async fn scrape(&self, step: &str, headers: &BTreeMap<String, String>) -> Outcome {
        let name = format!("scrape-{}", step.replace('.', "-"));
        Outcome::replied(self.look(name, headers).await)
    }

    async fn last_scrape(&self) {
        let reply = self.look("metrics".to_owned(), &BTreeMap::new()).await;
        let answers = &mut self.played().answers;
        answers.metrics_status = reply.status.unwrap_or_default();
        answers.metrics_content_type = reply.content_type;
    }

    /// Looks at the series and asks for `/metrics`, which does not show itself: so the look comes first.
    async fn look(&self, name: String, headers: &BTreeMap<String, String>) -> Reply {
        let answers_before = self.played().answers.list.len();
        let seen = self.view.look(&self.stage.telemetry).await;
        let reply = self
            .send(&HttpRequest::get("/metrics", headers.clone()))
            .await;
        if reply.status == Some(200) {
            let scraped = || {
                let parse = match reply.content_type.as_deref() {
                    Some(kind) if kind.starts_with(OPENMETRICS) => Exposition::parse_openmetrics,
                    _ => Exposition::parse,
                };
                reply
                    .text()
                    .map(|text| parse(&text))
                    .map_err(|error| error.to_string())
            };
            let exposition = seen.unwrap_or_else(scraped);
            self.played().texts.insert(
                name,
                Text {
                    exposition,
                    answers_before,
                },
            );
        }
        reply
    }

    fn played(&self) -> MutexGuard<'_, Played> {
        self.played.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn arrives_at_once(part: &Step) -> bool {
    part.after.is_zero() && matches!(part.action, Action::Http(_) | Action::Health)
}

async fn wait(until: impl Future<Output = ()>) -> Outcome {
    until.await;
    Outcome::default()
}

/// One entry for all repetitions; none if there is nothing to say.
fn answer(step: &str, mut outcomes: Vec<Outcome>) -> Option<Answer> {
    let statuses = statuses(&outcomes);
    let repeated = outcomes.len() > 1;
    let last = outcomes.pop()?;
    let mut answer = Answer::new();
    let mut say = |key: &str, value: Option<Value>| {
        answer.extend(value.map(|value| (key.to_owned(), value)));
    };
    if let Some(reply) = last.reply {
        if repeated {
            say("statuses", Some(json!(statuses)));
        } else {
            say("status", reply.status.map(Value::from));
        }
        say("content_type", reply.content_type.map(Value::from));
        say("client_error", reply.client_error.map(Value::from));
        say("body_cut_short", reply.cut_short.then(|| Value::from(true)));
    }
    say("body", last.body);
    let errors = outcomes.into_iter().filter_map(|outcome| outcome.error);
    say("error", errors.chain(last.error).next().map(Value::from));
    if answer.is_empty() {
        return None;
    }
    answer.insert("step".to_owned(), Value::from(step));
    Some(answer)
}

fn statuses(outcomes: &[Outcome]) -> BTreeMap<String, u64> {
    let mut statuses = BTreeMap::new();
    for status in outcomes
        .iter()
        .filter_map(|outcome| outcome.reply.as_ref()?.status)
    {
        *statuses.entry(status.to_string()).or_default() += 1;
    }
    statuses
}
