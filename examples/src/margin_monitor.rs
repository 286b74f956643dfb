//! The margin monitor: holds the positions, watches the market, acts on positions that lose.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axisor_telemetry::jobs::Queue;
use axisor_telemetry::{GaugeSeries, Telemetry, instrument_automation};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Parser;
use http::StatusCode;
use reqwest::Url;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::interval;
use tonic::transport::Endpoint;

use crate::dependencies::Dependencies;
use crate::fate::Fate;
use crate::guard::{self, Desk, GuardError, Situation, Verdict};
use crate::market::{self, Market};
use crate::outside::Node;
use crate::peer::Peer;
use crate::positions::{self, Position};
use crate::service::{self, Common, ServiceError, WorkerPorts};
use crate::users::{User, Users};
use crate::wire::{Execution, Job, JobQueue, Notification};

/// The service's name: its `job` in Prometheus.
pub const NAME: &str = "margin-monitor";

/// The time between two looks at all positions.
const SCAN: Duration = Duration::from_secs(1);

/// Holds the positions, watches the market and guards margins.
#[derive(Debug, Clone, Parser)]
#[command(name = "margin-monitor")]
pub struct MarginMonitorArgs {
    /// Where the notification worker takes messages.
    #[arg(
        long,
        env = "TRADING_NOTIFICATION_WORKER",
        default_value = "http://127.0.0.1:3023"
    )]
    pub notification_worker: Url,
    /// Where LN Markets' API is.
    #[arg(
        long,
        env = "TRADING_EXCHANGE",
        default_value = "http://127.0.0.1:3030"
    )]
    pub exchange: Url,
    /// Where the Lightning node is.
    #[arg(long, env = "TRADING_LND", default_value = "http://127.0.0.1:3030")]
    pub lnd: Endpoint,
    /// Where it takes jobs and is scraped.
    #[command(flatten)]
    pub ports: WorkerPorts,
    /// What every service is told.
    #[command(flatten)]
    pub common: Common,
}

struct Monitor {
    fate: Fate,
    users: Users,
    desk: Desk,
    market: Mutex<Market>,
    notifier: Peer,
    notifications: Queue,
    at_risk: GaugeSeries,
}

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
enum MonitorError {
    #[error("user {user} does not exist")]
    NoSuchUser { user: u64 },
    #[error(transparent)]
    Guard(#[from] GuardError),
}

/// A look at all positions while there was none.
#[derive(Debug, thiserror::Error)]
#[error("there are no positions to look at")]
struct NothingToScan;

/// Runs the margin monitor until it is asked to end.
///
/// # Errors
/// [`ServiceError`] if it cannot start.
pub async fn run(args: MarginMonitorArgs) -> Result<(), ServiceError> {
    let fate = args.common.fate();
    let telemetry = Dependencies::new(NAME, fate)
        .checked_by(Telemetry::builder(NAME))
        .set("prometheus.port", args.ports.metrics_port)
        .set("traces.trust_incoming_sampling", true) // only our own services call it
        .init()?;
    let monitor = Arc::new(Monitor::new(&args, fate, &telemetry)?);
    let mut background = JoinSet::new();
    background.spawn(Arc::clone(&monitor).follow_market());
    background.spawn(Arc::clone(&monitor).scan_again_and_again());
    let jobs = Router::new()
        .route("/positions/{id}", get(position))
        .route("/positions/{id}/guard", post(guard_position))
        .route("/price", get(price))
        .with_state(monitor);
    service::end(service::run_worker(telemetry, jobs, &args.common, &args.ports).await?);
    Ok(())
}

impl Monitor {
    fn new(
        args: &MarginMonitorArgs,
        fate: Fate,
        telemetry: &Telemetry,
    ) -> Result<Self, ServiceError> {
        let seed = args.common.seed;
        let (users, market) = (Users::new(seed), Market::new(seed));
        let peer = |name, url: &Url| Peer::new(name, url.clone(), telemetry);
        let positions = positions::opened(&users, market.price(), seed);
        let exchange = Peer::outside("lnmarkets", args.exchange.clone(), telemetry);
        let at_risk = telemetry.gauge(
            "axisor_positions_at_risk",
            "Number of positions that need the margin guard",
            &[],
        )?;
        Ok(Self {
            fate,
            desk: Desk::new(positions, exchange, Node::new(&args.lnd, telemetry)),
            users,
            market: Mutex::new(market),
            notifier: peer("notification-worker", &args.notification_worker),
            notifications: telemetry.queue(JobQueue::Notifications),
            at_risk: at_risk.with(())?,
        })
    }

    fn market(&self) -> MutexGuard<'_, Market> {
        self.market.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn price(&self) -> f64 {
        self.market().price()
    }

    async fn follow_market(self: Arc<Self>) {
        let mut ticks = interval(market::TICK);
        loop {
            ticks.tick().await;
            self.market().tick();
        }
    }

    async fn scan_again_and_again(self: Arc<Self>) {
        let mut ticks = interval(SCAN);
        loop {
            ticks.tick().await;
            let scanned = self.scan();
            if let Err(error) = scanned {
                tracing::warn!(%error, "scan failed");
            }
        }
    }

    /// Counts the positions that need the guard.
    #[instrument_automation(type = "margin_scan")]
    fn scan(&self) -> Result<(), NothingToScan> {
        let positions = self.desk.positions();
        if positions.is_empty() {
            return Err(NothingToScan);
        }
        let needs_guard = |position: &&Position| self.assess(position) != Verdict::Safe;
        let at_risk = positions.iter().filter(needs_guard).count();
        self.at_risk
            .set(u32::try_from(at_risk).map_or(f64::INFINITY, f64::from));
        Ok(())
    }

    fn assess(&self, position: &Position) -> Verdict {
        let user = self.users.get(position.user_id);
        user.map_or(Verdict::Safe, |user| {
            guard::assess(position, user.plan, self.price())
        })
    }

    /// Does what the position needs, and tells its user.
    async fn guard(&self, position: u64, job: &Job) -> Result<Execution, MonitorError> {
        let user = self.users.get(job.user_id);
        let user = user.ok_or(MonitorError::NoSuchUser { user: job.user_id })?;
        let run = job.run;
        let (price, market) = {
            let market = self.market();
            (market.met_by(run, self.fate), market.price())
        };
        let verdict = guard::assess(&self.desk.position(position)?, user.plan, price);
        let at = Situation {
            position,
            price,
            market,
            run,
        };
        self.desk.act(verdict, user, at).await?;
        let notified = verdict != Verdict::Safe && self.notify(user, verdict, run).await;
        Ok(Execution { verdict, notified })
    }

    /// A message that is not taken does not undo what was done.
    async fn notify(&self, user: &User, verdict: Verdict, run: u64) -> bool {
        let post = async |carrier| {
            let notification = Notification {
                user_id: user.id,
                run,
                text: format!("margin guard: {verdict:?}"),
                carrier,
            };
            self.notifier
                .post::<()>("/notifications", &[], &notification)
                .await
        };
        let sent = self.notifications.send(post).await;
        if let Err(error) = &sent {
            tracing::info!(%error, user = user.id, "user was not told");
        }
        sent.is_ok()
    }
}

async fn position(
    State(monitor): State<Arc<Monitor>>,
    Path(id): Path<u64>,
) -> Result<Json<Position>, MonitorError> {
    Ok(Json(monitor.desk.position(id)?))
}

async fn guard_position(
    State(monitor): State<Arc<Monitor>>,
    Path(id): Path<u64>,
    Json(job): Json<Job>,
) -> Result<Json<Execution>, MonitorError> {
    Ok(Json(monitor.guard(id, &job).await?))
}

async fn price(State(monitor): State<Arc<Monitor>>) -> Json<f64> {
    Json(monitor.price())
}

impl MonitorError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchUser { .. } | Self::Guard(GuardError::NoSuchPosition { .. }) => {
                StatusCode::NOT_FOUND
            }
            Self::Guard(GuardError::InsufficientBalance { .. }) => StatusCode::PAYMENT_REQUIRED,
            Self::Guard(GuardError::NotPaid { .. } | GuardError::OrderRefused { .. }) => {
                StatusCode::BAD_GATEWAY
            }
        }
    }
}

impl IntoResponse for MonitorError {
    fn into_response(self) -> Response {
        (self.status(), Json(json!({ "error": self.to_string() }))).into_response()
    }
}
