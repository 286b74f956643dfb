//! The automation executor: runs users' automations.

use std::sync::Arc;

use axisor_telemetry::jobs::Queue;
use axisor_telemetry::{Telemetry, instrument_automation};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use clap::Parser;
use http::StatusCode;
use reqwest::Url;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::dependencies::Dependencies;
use crate::guard::Verdict;
use crate::peer::{CallError, Peer};
use crate::positions::Position;
use crate::service::{self, Common, ServiceError, WorkerPorts};
use crate::wire::{AutomationKind, Execution, Job, JobQueue};

/// The service's name: its `job` in Prometheus.
pub const NAME: &str = "automation-executor";

/// Runs users' automations, as the backend asks for them.
#[derive(Debug, Clone, Parser)]
#[command(name = "automation-executor")]
pub struct AutomationExecutorArgs {
    /// Where LN Markets' API is.
    #[arg(
        long,
        env = "TRADING_EXCHANGE",
        default_value = "http://127.0.0.1:3030"
    )]
    pub exchange: Url,
    /// Where the margin monitor takes jobs.
    #[arg(
        long,
        env = "TRADING_MARGIN_MONITOR",
        default_value = "http://127.0.0.1:3022"
    )]
    pub margin_monitor: Url,
    /// Where it takes jobs and is scraped.
    #[command(flatten)]
    pub ports: WorkerPorts,
    /// What every service is told.
    #[command(flatten)]
    pub common: Common,
}

struct Executor {
    exchange: Peer,
    monitor: Peer,
    queue: Queue,
}

/// Why an automation was not executed.
#[derive(Debug, thiserror::Error)]
enum ExecutionError {
    #[error("exchange gave no running trades")]
    Exchange(#[source] CallError),
    #[error("margin monitor could not be asked")]
    Monitor(#[from] CallError),
}

/// Runs the automation executor until it is asked to end.
///
/// # Errors
/// [`ServiceError`] if it cannot start.
pub async fn run(args: AutomationExecutorArgs) -> Result<(), ServiceError> {
    let telemetry = Dependencies::new(NAME, args.common.fate())
        .checked_by(Telemetry::builder(NAME))
        .set("prometheus.port", args.ports.metrics_port)
        .set("traces.trust_incoming_sampling", true) // only our own services call it
        .init()?;
    let exchange = Peer::new("lnmarkets", args.exchange, &telemetry);
    let monitor = Peer::new("margin-monitor", args.margin_monitor, &telemetry);
    let queue = telemetry.queue(JobQueue::Automations);
    let executor = Executor {
        exchange,
        monitor,
        queue,
    };
    let jobs = Router::new()
        .route("/jobs/{kind}", post(job))
        .with_state(Arc::new(executor));
    service::end(service::run_worker(telemetry, jobs, &args.common, &args.ports).await?);
    Ok(())
}

async fn job(
    State(executor): State<Arc<Executor>>,
    Path(kind): Path<AutomationKind>,
    Json(job): Json<Job>,
) -> Result<Json<Execution>, ExecutionError> {
    let execution = async {
        match kind {
            AutomationKind::MarginCheck => executor.margin_check(&job).await,
            AutomationKind::TakeProfit => executor.take_profit(&job).await,
        }
    };
    let execution = executor.queue.process(&job.carrier, execution).await;
    execution.map(Json)
}

impl Executor {
    #[instrument_automation(type = "margin_check", duration, in_flight)]
    async fn margin_check(&self, job: &Job) -> Result<Execution, ExecutionError> {
        self.look_at_exchange().await?;
        let position = job.position_id.to_string();
        let route = "/positions/:id/guard";
        Ok(self.monitor.post(route, &[&position], job).await?)
    }

    #[instrument_automation(type = "take_profit", duration, in_flight)]
    async fn take_profit(&self, job: &Job) -> Result<Execution, ExecutionError> {
        self.look_at_exchange().await?;
        let id = job.position_id.to_string();
        let position: Position = self.monitor.get("/positions/:id", &[&id]).await?;
        tracing::debug!(position = position.id, "profit left where it is");
        Ok(Execution {
            verdict: Verdict::Safe,
            notified: false,
        })
    }

    /// Asks the exchange for the running trades, whatever they are: it has to take orders.
    async fn look_at_exchange(&self) -> Result<(), ExecutionError> {
        let trades = self.exchange.get::<IgnoredAny>("/v2/futures", &[]).await;
        trades.map(drop).map_err(ExecutionError::Exchange)
    }
}

impl ExecutionError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Monitor(CallError::Answered { status, .. }) if status.is_client_error() => {
                *status
            }
            Self::Exchange(_) | Self::Monitor(_) => StatusCode::BAD_GATEWAY,
        }
    }
}

impl IntoResponse for ExecutionError {
    fn into_response(self) -> Response {
        (self.status(), Json(json!({ "error": self.to_string() }))).into_response()
    }
}
