//! The notification worker: tells users what was done for them.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axisor_telemetry::jobs::Queue;
use axisor_telemetry::poll::Polled;
use axisor_telemetry::{Counter, Telemetry, instrument_automation};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use clap::Parser;
use futures_util::FutureExt as _;
use http::StatusCode;
use tokio::sync::mpsc::{self, Receiver, Sender, WeakSender};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::dependencies::Dependencies;
use crate::fate::Fate;
use crate::service::{self, Common, ServiceError, WorkerPorts};
use crate::wire::{JobQueue, Notification};

/// The service's name: its `job` in Prometheus.
pub const NAME: &str = "notification-worker";

/// The most messages that wait; further ones are refused. They wait in memory: a queue that must not lose any, however the
/// worker ends, is a Redis stream or a broker.
const MOST_WAITING: usize = 2_000;

/// How long those that wait may take at the end.
const LAST_MESSAGES: Duration = Duration::from_secs(5);

/// How often a message is tried.
const ATTEMPTS: u32 = 3;

/// Tells users what was done for them.
#[derive(Debug, Clone, Parser)]
#[command(name = "notification-worker")]
pub struct NotificationWorkerArgs {
    /// Where it takes messages and is scraped.
    #[command(flatten)]
    pub ports: WorkerPorts,
    /// What every service is told.
    #[command(flatten)]
    pub common: Common,
}

struct Notifier {
    fate: Fate,
    sent: Counter,
    queue: Queue,
    /// For another attempt, as long as messages are taken.
    waiting: WeakSender<Notification>,
}

/// Why a message did not arrive.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error("{channel} did not take the message")]
    Refused { channel: &'static str },
}

/// Runs the notification worker until it is asked to end.
///
/// # Errors
/// [`ServiceError`] if it cannot start.
pub async fn run(args: NotificationWorkerArgs) -> Result<(), ServiceError> {
    let (waiting, jobs) = mpsc::channel(MOST_WAITING);
    let fate = args.common.fate();
    let size = Polled::QueueSize("notifications");
    let telemetry = Dependencies::new(NAME, fate)
        .checked_by(Telemetry::builder(NAME))
        .poll(size, size_of(waiting.downgrade()))
        .set("prometheus.port", args.ports.metrics_port)
        .set("traces.trust_incoming_sampling", true) // only our own services call it
        .init()?;
    telemetry.polls().run_once(size).await;
    let _polls = telemetry.polls().start();
    let sent = telemetry.counter(
        "axisor_notifications_sent_total",
        "Total number of messages that users were sent",
        &["channel"],
    )?;
    let notifier = Notifier {
        fate,
        sent,
        queue: telemetry.queue(JobQueue::Notifications),
        waiting: waiting.downgrade(),
    };
    let mut working = JoinSet::new();
    working.spawn(notifier.work(jobs));
    let taken = Router::new()
        .route("/notifications", post(take))
        .with_state(waiting);
    let telemetry = service::run_worker(telemetry, taken, &args.common, &args.ports).await?;
    if timeout(LAST_MESSAGES, working.join_next()).await.is_err() {
        tracing::warn!("messages that waited are lost");
    }
    service::end(telemetry);
    Ok(())
}

/// How many messages wait.
fn size_of(
    waiting: WeakSender<Notification>,
) -> impl Fn() -> std::future::Ready<Result<f64, Infallible>> {
    move || {
        let waiting = waiting.upgrade();
        let size = waiting.map_or(0, |waiting| waiting.max_capacity() - waiting.capacity());
        std::future::ready(Ok(u32::try_from(size).map_or(f64::INFINITY, f64::from)))
    }
}

/// Takes a message, to be sent soon.
async fn take(
    State(waiting): State<Sender<Notification>>,
    Json(notification): Json<Notification>,
) -> Result<(StatusCode, Json<()>), StatusCode> {
    match waiting.try_send(notification) {
        Ok(()) => Ok((StatusCode::ACCEPTED, Json(()))),
        Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

impl Notifier {
    /// One message after the other. A panic is that message's failure, and not the worker's end.
    async fn work(self, mut jobs: Receiver<Notification>) {
        while let Some(job) = jobs.recv().await {
            let processing = self.queue.process(&job.carrier, self.deliver(&job));
            let delivered = AssertUnwindSafe(processing).catch_unwind().await;
            if !matches!(delivered, Ok(Ok(()))) && job.carrier.attempt() < ATTEMPTS {
                self.try_again(job);
            }
        }
    }

    /// One attempt more, behind those that wait.
    fn try_again(&self, job: Notification) {
        let carrier = job.carrier.again();
        let again = Notification { carrier, ..job };
        let waiting = self.waiting.upgrade();
        if waiting.is_none_or(|waiting| waiting.try_send(again).is_err()) {
            tracing::info!("message not tried again");
        }
    }

    #[instrument_automation(type = "notification", duration)]
    async fn deliver(&self, notification: &Notification) -> Result<(), DeliveryError> {
        let run = notification.run;
        let channel = if notification.user_id.is_multiple_of(2) {
            "telegram"
        } else {
            "email"
        };
        self.fate.pause(5..25, channel, run).await;
        let attempt = format!("delivery {}", notification.carrier.attempt());
        if self.fate.one_in(15, &attempt, run) {
            return Err(DeliveryError::Refused { channel });
        }
        match self.sent.with([channel]) {
            Ok(sent) => sent.inc(),
            Err(error) => tracing::warn!(%error, "message not counted"),
        }
        Ok(())
    }
}
