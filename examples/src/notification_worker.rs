//! The notification worker: tells users what was done for them.

use std::sync::Arc;

use axisor_telemetry::{Counter, Telemetry, instrument_automation};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use clap::Parser;
use http::StatusCode;

use crate::dependencies::Dependencies;
use crate::fate::Fate;
use crate::service::{self, Common, ServiceError, WorkerPorts};
use crate::wire::Notification;

/// The service's name: its `job` in Prometheus.
pub const NAME: &str = "notification-worker";

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
    let fate = Fate::new(args.common.seed);
    let telemetry = Dependencies::new(NAME, fate)
        .checked_by(Telemetry::builder(NAME))
        .set("prometheus.port", args.ports.metrics_port)
        .set("traces.trust_incoming_sampling", true) // only our own services call it
        .init()?;
    let sent = telemetry.counter(
        "axisor_notifications_sent_total",
        "Total number of messages that users were sent",
        &["channel"],
    )?;
    let jobs = Router::new()
        .route("/notifications", post(notify))
        .with_state(Arc::new(Notifier { fate, sent }));
    service::run_worker(telemetry, jobs, &args.common, &args.ports).await
}

async fn notify(
    State(notifier): State<Arc<Notifier>>,
    Json(notification): Json<Notification>,
) -> Result<Json<()>, StatusCode> {
    let delivered = notifier.deliver(&notification).await;
    delivered
        .map(Json)
        .map_err(|DeliveryError::Refused { .. }| StatusCode::BAD_GATEWAY)
}

impl Notifier {
    #[instrument_automation(type = "notification")]
    async fn deliver(&self, notification: &Notification) -> Result<(), DeliveryError> {
        let run = notification.run;
        let channel = if notification.user_id.is_multiple_of(2) {
            "telegram"
        } else {
            "email"
        };
        self.fate.pause(5..25, channel, run).await;
        if self.fate.one_in(15, "delivery", run) {
            return Err(DeliveryError::Refused { channel });
        }
        match self.sent.with([channel]) {
            Ok(sent) => sent.inc(),
            Err(error) => tracing::warn!(%error, "message not counted"),
        }
        Ok(())
    }
}
