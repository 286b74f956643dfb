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
use serde_json::json;

use crate::dependencies::Dependencies;
use crate::fate::Fate;
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
    fate: Fate,
    monitor: Peer,
    queue: Queue,
}

/// Why an automation was not executed.
#[derive(Debug, thiserror::Error)]
enum ExecutionError {
    #[error("exchange gave no account state")]
    ExchangeTimedOut,
    #[error("exchange refused: too many requests")]
    RateLimited,
    #[error("margin monitor could not be asked")]
    Monitor(#[from] CallError),
}

/// Runs the automation executor until it is asked to end.
///
/// # Errors
/// [`ServiceError`] if it cannot start.
pub async fn run(args: AutomationExecutorArgs) -> Result<(), ServiceError> {
    let fate = Fate::new(args.common.seed);
    let telemetry = Dependencies::new(NAME, fate)
        .checked_by(Telemetry::builder(NAME))
        .set("prometheus.port", args.ports.metrics_port)
        .set("traces.trust_incoming_sampling", true) // only our own services call it
        .init()?;
    let monitor = Peer::new("margin-monitor", args.margin_monitor, &telemetry);
    let queue = telemetry.queue(JobQueue::Automations);
    let executor = Executor {
        fate,
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
        self.account_state(job).await?;
        let position = job.position_id.to_string();
        let route = "/positions/:id/guard";
        Ok(self.monitor.post(route, &[&position], job).await?)
    }

    #[instrument_automation(type = "take_profit", duration, in_flight)]
    async fn take_profit(&self, job: &Job) -> Result<Execution, ExecutionError> {
        self.account_state(job).await?;
        let id = job.position_id.to_string();
        let position: Position = self.monitor.get("/positions/:id", &[&id]).await?;
        tracing::debug!(position = position.id, "profit left where it is");
        Ok(Execution {
            verdict: Verdict::Safe,
            notified: false,
        })
    }

    /// Asks the simulated exchange for the account.
    async fn account_state(&self, job: &Job) -> Result<(), ExecutionError> {
        self.fate.pause(5..30, "exchange", job.run).await;
        if self.fate.one_in(25, "exchange timed out", job.run) {
            return Err(ExecutionError::ExchangeTimedOut);
        }
        if self.fate.one_in(40, "exchange rate limit", job.run) {
            return Err(ExecutionError::RateLimited);
        }
        Ok(())
    }
}

impl ExecutionError {
    fn status(&self) -> StatusCode {
        match self {
            Self::ExchangeTimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::RateLimited => StatusCode::SERVICE_UNAVAILABLE,
            Self::Monitor(CallError::Answered { status, .. }) if status.is_client_error() => {
                *status
            }
            Self::Monitor(_) => StatusCode::BAD_GATEWAY,
        }
    }
}

impl IntoResponse for ExecutionError {
    fn into_response(self) -> Response {
        (self.status(), Json(json!({ "error": self.to_string() }))).into_response()
    }
}
