//! What is read at intervals: connections and active users of the database, jobs that wait in a queue.

mod postgres;

use std::fmt::{self, Display};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::config;
use crate::contained::Contained;
use crate::instruments::{Found, GaugeCell, Instruments, Origin};
use crate::postgres::Postgres;
use crate::redact;
use crate::scope::Scope;

/// What can be polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Polled {
    /// `axisor_database_connections`: connections that run a statement, every 30 s.
    DatabaseConnections,
    /// `axisor_active_users`: users seen in the last 30 minutes, every 60 s.
    ActiveUsers,
    /// `axisor_worker_queue_size` of the queue of this name: jobs that wait, every 15 s.
    QueueSize(&'static str),
}

impl Polled {
    /// The time between two polls; of the first two as in the original.
    #[must_use]
    pub const fn interval(self) -> Duration {
        match self {
            Self::DatabaseConnections => Duration::from_secs(30),
            Self::ActiveUsers => Duration::from_secs(60),
            Self::QueueSize(_) => Duration::from_secs(15),
        }
    }

    /// The label of `axisor_poll_failures_total`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DatabaseConnections => "database_connections",
            Self::ActiveUsers => "active_users",
            Self::QueueSize(_) => "queue_size",
        }
    }

    fn gauge(self, instruments: &Instruments) -> GaugeCell {
        match self {
            Self::DatabaseConnections => instruments.database_connections.with(&[]),
            Self::ActiveUsers => instruments.active_users.with(&[]),
            Self::QueueSize(queue) => {
                let found = instruments
                    .worker_queue_size
                    .resolve(&[queue], &[Origin::Code]);
                let (Found::Own(gauge) | Found::Folded(gauge)) = found;
                gauge
            }
        }
    }

    fn consequence(self) -> &'static str {
        match self.without_answer() {
            Some(_) => "its gauge is 0",
            None => "its gauge stays as it was",
        }
    }

    /// What a failed poll writes, as in the original. Of a queue that stands still it must not say that it is empty.
    fn without_answer(self) -> Option<f64> {
        match self {
            Self::DatabaseConnections | Self::ActiveUsers => Some(0.0),
            Self::QueueSize(_) => None,
        }
    }
}

/// The label of `axisor_poll_failures_total`, and of a queue its name.
impl Display for Polled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            Self::DatabaseConnections | Self::ActiveUsers => Ok(()),
            Self::QueueSize(queue) => write!(f, " of {queue}"),
        }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<f64, String>> + Send>>;

/// A poll as it was registered.
pub(crate) struct Poll {
    polled: Polled,
    read: Box<dyn Fn() -> Answer + Send + Sync>,
    /// Held from its beginning to what it writes, so that an older answer never overwrites a newer one.
    turn: Mutex<()>,
    /// A poll never overlaps itself, not even one that was abandoned.
    contained: Contained,
    failing: AtomicBool,
}

impl Poll {
    pub(crate) fn new<F, Reading, E>(polled: Polled, read: F) -> Self
    where
        F: Fn() -> Reading + Send + Sync + 'static,
        Reading: Future<Output = Result<f64, E>> + Send + 'static,
        E: Display,
    {
        let read = move || -> Answer {
            let reading = read();
            Box::pin(async { reading.await.map_err(|error| error.to_string()) })
        };
        Self {
            polled,
            read: Box::new(read),
            turn: Mutex::const_new(()),
            contained: Contained::default(),
            failing: AtomicBool::new(false),
        }
    }

    pub(crate) fn polled(&self) -> Polled {
        self.polled
    }

    /// The original's two polls over `pool`.
    pub(crate) fn of_database(pool: impl Postgres, settings: &config::Poll) -> [Self; 2] {
        let pool = Arc::new(pool);
        let also = Arc::clone(&pool);
        let statement: Arc<str> = postgres::users_statement(settings).into();
        [
            Self::new(Polled::DatabaseConnections, move || {
                postgres::connections(Arc::clone(&pool))
            }),
            Self::new(Polled::ActiveUsers, move || {
                postgres::active_users(Arc::clone(&also), Arc::clone(&statement))
            }),
        ]
    }
}

/// The polls of one telemetry.
pub struct Polls {
    shared: Arc<Shared>,
}

struct Shared {
    scope: Arc<Scope>,
    timeout: Duration,
    polls: Vec<Arc<Poll>>,
}

/// Polls that run at their intervals, until this is dropped.
#[derive(Debug)]
#[must_use = "the polls stop when this is dropped"]
pub struct RunningPolls {
    _tasks: JoinSet<()>,
}

impl Polls {
    /// Polls that are each given `timeout`.
    pub(crate) fn new(scope: Arc<Scope>, timeout: Duration, polls: Vec<Poll>) -> Self {
        let polls = polls.into_iter().map(Arc::new).collect();
        Self {
            shared: Arc::new(Shared {
                scope,
                timeout,
                polls,
            }),
        }
    }

    /// Polls at the intervals of [`Polled`] on the present runtime, the first time after one interval.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(&self) -> RunningPolls {
        let mut tasks = JoinSet::new();
        for poll in &self.shared.polls {
            tasks.spawn(Arc::clone(&self.shared).repeat(Arc::clone(poll)));
        }
        RunningPolls { _tasks: tasks }
    }

    /// Polls now, after any poll of the same kind that is running. Nothing happens if none is registered.
    ///
    /// A failed poll, one that gives no count, panics or takes longer than `poll.timeout`, writes 0, counts in
    /// `axisor_poll_failures_total{poll}` and is logged when it begins to fail and when it is well again. That of a queue's
    /// size leaves the gauge as it is: a queue nobody can ask is not empty.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn run_once(&self, polled: Polled) {
        let registered = self
            .shared
            .polls
            .iter()
            .filter(|poll| poll.polled == polled);
        for poll in registered {
            self.shared.run(poll).await;
        }
    }
}

impl Shared {
    async fn repeat(self: Arc<Self>, poll: Arc<Poll>) {
        let every = poll.polled.interval();
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.run(&poll).await;
        }
    }

    async fn run(&self, poll: &Arc<Poll>) {
        let _turn = poll.turn.lock().await;
        let outcome = self.read(Arc::clone(poll)).await;
        let answer = outcome.as_ref().ok().copied();
        if let Some(value) = answer.or(poll.polled.without_answer()) {
            poll.polled.gauge(&self.scope.instruments).set(value);
        }
        if outcome.is_err() {
            let failures = &self.scope.instruments.poll_failures;
            failures.with(&[poll.polled.as_str()]).add(1);
        }
        log_change(poll, outcome.err());
    }

    async fn read(&self, poll: Arc<Poll>) -> Result<f64, String> {
        let context = self.scope.within(Context::new());
        let contained = poll.contained.clone();
        let read = async move { (poll.read)().await };
        match contained.within(self.timeout, context, read).await {
            Ok(Ok(count)) if count.is_finite() && count >= 0.0 => Ok(count),
            Ok(Ok(count)) => Err(format!("answered {count}, expected a count")),
            Ok(Err(error)) => Err(error),
            Err(unanswered) => Err(unanswered.to_string()),
        }
    }
}

impl fmt::Debug for Polls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let polled: Vec<_> = self.shared.polls.iter().map(|poll| poll.polled).collect();
        f.debug_struct("Polls")
            .field("timeout", &self.shared.timeout)
            .field("polled", &polled)
            .finish_non_exhaustive()
    }
}

fn log_change(poll: &Poll, error: Option<String>) {
    let (polled, failing) = (poll.polled, error.is_some());
    if poll.failing.swap(failing, Ordering::Relaxed) == failing {
        return;
    }
    if let Some(error) = error {
        let error = redact::text(&error);
        tracing::warn!(poll = %polled, %error, "poll fails, {}", polled.consequence());
    } else {
        tracing::info!(poll = %polled, "poll is well again");
    }
}
