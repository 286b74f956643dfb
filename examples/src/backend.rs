//! The backend: the HTTP API that users' clients call.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axisor_telemetry::jobs::Queue;
use axisor_telemetry::poll::Polled;
use axisor_telemetry::{Telemetry, TelemetryGuard};
use axum::extract::{Path, State};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Parser;
use http::{HeaderValue, StatusCode};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use reqwest::Url;
use serde_json::{Value, json};

use crate::dependencies::Dependencies;
use crate::fate::Fate;
use crate::peer::{CallError, Peer};
use crate::positions::Position;
use crate::service::{self, Common, ServiceError};
use crate::stores::{StoreUrls, Stores, TracedStores};
use crate::users::{User, Users};
use crate::wire::{
    Automation, AutomationKind, Execution, Job, JobQueue, NewAutomation, Payment, PaymentJob,
};

/// The service's name: its `job` in Prometheus.
pub const NAME: &str = "axisor-backend";

/// So many automations are kept; the oldest go first.
const MOST_AUTOMATIONS: usize = 1_000;

/// Its pages, whose loads browsers tell of.
const PAGES: [&str; 2] = ["/", "/users/:id"];

/// The HTTP API of the trading system and two pages, with /metrics and /health.
#[derive(Debug, Clone, Parser)]
#[command(name = "backend")]
pub struct BackendArgs {
    /// The port of the API, of /metrics and of /health.
    #[arg(long, env = "TRADING_BACKEND_PORT", default_value_t = 3010)]
    pub port: u16,
    /// Where the automation executor takes jobs.
    #[arg(
        long,
        env = "TRADING_AUTOMATION_EXECUTOR",
        default_value = "http://127.0.0.1:3021"
    )]
    pub automation_executor: Url,
    /// Where the margin monitor takes jobs.
    #[arg(
        long,
        env = "TRADING_MARGIN_MONITOR",
        default_value = "http://127.0.0.1:3022"
    )]
    pub margin_monitor: Url,
    /// Where the payment validator takes jobs.
    #[arg(
        long,
        env = "TRADING_PAYMENT_VALIDATOR",
        default_value = "http://127.0.0.1:3024"
    )]
    pub payment_validator: Url,
    /// Where its stores are.
    #[command(flatten)]
    pub stores: StoreUrls,
    /// What every service is told.
    #[command(flatten)]
    pub common: Common,
}

struct Backend {
    users: Users,
    stores: TracedStores,
    automations: Mutex<BTreeMap<u64, Automation>>,
    runs: AtomicU64,
    executor: Peer,
    executions: Queue,
    monitor: Peer,
    validator: Peer,
    payments: Queue,
}

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error("no {what} {id}")]
    NotFound { what: &'static str, id: u64 },
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Runs the backend until it is asked to end.
///
/// # Errors
/// [`ServiceError`] if it cannot start.
pub async fn run(args: BackendArgs) -> Result<(), ServiceError> {
    let stores = Stores::new(&args.stores)?;
    let telemetry = start_telemetry(args.common.fate(), &stores)?;
    let stores = stores.traced_by(&telemetry);
    stores.prepare(&Users::new(args.common.seed)).await;
    let _polls = telemetry.polls().start();
    for polled in [Polled::ActiveUsers, Polled::DatabaseConnections] {
        telemetry.polls().run_once(polled).await;
    }
    let router = router(Backend::new(&args, &telemetry, stores))
        .merge(telemetry.router())
        .merge(telemetry.beacon(PAGES).router()?);
    service::run_server(&telemetry, router, &args.common, args.port).await?;
    service::end(telemetry);
    Ok(())
}

fn start_telemetry(fate: Fate, stores: &Stores) -> Result<TelemetryGuard, ServiceError> {
    let dependencies = Dependencies::new(NAME, fate);
    let [connections, users] = [dependencies.clone(), dependencies.clone()];
    let simulated = dependencies
        .checked_by(Telemetry::builder(NAME))
        .poll(Polled::DatabaseConnections, move || {
            connections.clone().connections()
        })
        .poll(Polled::ActiveUsers, move || users.clone().active_users());
    Ok(stores.watched_by(simulated).init()?)
}

fn router(backend: Backend) -> Router {
    Router::new()
        .route("/api/automations", post(create_automation))
        .route("/api/automations/{id}/execute", post(execute))
        .route("/api/users/{id}", get(user))
        .route(
            "/api/users/{id}/positions/{position_id}",
            get(users_position),
        )
        .route("/api/positions/{id}", get(position))
        .route("/api/payments", post(payment))
        .route("/", get(page))
        .route("/users/{id}", get(page))
        .with_state(Arc::new(backend))
        .layer(map_response(say_trace))
}

impl Backend {
    fn new(args: &BackendArgs, telemetry: &Telemetry, stores: TracedStores) -> Self {
        let peer = |name, url: &Url| Peer::new(name, url.clone(), telemetry);
        let users = Users::new(args.common.seed);
        let first = users.iter().map(|user| (user.id, margin_check_of(user)));
        Self {
            automations: Mutex::new(first.collect()),
            users,
            stores,
            runs: AtomicU64::new(1),
            executor: peer("automation-executor", &args.automation_executor),
            executions: telemetry.queue(JobQueue::Automations),
            monitor: peer("margin-monitor", &args.margin_monitor),
            validator: peer("payment-validator", &args.payment_validator),
            payments: telemetry.queue(JobQueue::Payments),
        }
    }

    /// Has the executor do it, and waits.
    async fn executed(&self, wanted: &NewAutomation) -> Result<Execution, CallError> {
        let post = async |carrier| {
            let job = Job {
                user_id: wanted.user_id,
                position_id: wanted.position_id,
                run: self.runs.fetch_add(1, Ordering::Relaxed),
                carrier,
            };
            let kind = [wanted.kind.as_str()];
            self.executor.post("/jobs/:kind", &kind, &job).await
        };
        self.executions.send(post).await
    }

    /// Has the validator check it, and waits.
    async fn checked(&self, payment: Payment) -> Result<Value, CallError> {
        let post = async |carrier| {
            let job = PaymentJob { payment, carrier };
            self.validator.post("/jobs/payment", &[], &job).await
        };
        self.payments.send(post).await
    }

    fn user(&self, id: u64) -> Result<&User, ApiError> {
        self.users
            .get(id)
            .ok_or(ApiError::NotFound { what: "user", id })
    }

    fn automation(&self, id: u64) -> Result<Automation, ApiError> {
        let found = self.automations().get(&id).cloned();
        found.ok_or(ApiError::NotFound {
            what: "automation",
            id,
        })
    }

    fn automations(&self) -> MutexGuard<'_, BTreeMap<u64, Automation>> {
        self.automations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every user has one from the start, of the same number.
fn margin_check_of(user: &User) -> Automation {
    let new = NewAutomation {
        user_id: user.id,
        position_id: user.id,
        kind: AutomationKind::MarginCheck,
    };
    Automation { id: user.id, new }
}

/// Says in an answer which trace it belongs to, and whether that is sampled, as browsers' tools read it:
/// `server-timing: traceparent;desc="00-…"`.
async fn say_trace(mut answer: Response) -> Response {
    let context = Context::current();
    let span = context.span().span_context().clone();
    let (trace, id, flags) = (span.trace_id(), span.span_id(), span.trace_flags().to_u8());
    let timing = format!("traceparent;desc=\"00-{trace}-{id}-{flags:02x}\"");
    if let Ok(timing) = HeaderValue::from_str(&timing) {
        answer.headers_mut().append("server-timing", timing);
    }
    answer
}

async fn create_automation(
    State(backend): State<Arc<Backend>>,
    Json(new): Json<NewAutomation>,
) -> Result<(StatusCode, Json<Automation>), ApiError> {
    backend.user(new.user_id)?;
    let mut automations = backend.automations();
    let id = automations.last_key_value().map_or(1, |(last, _)| last + 1);
    let automation = Automation { id, new };
    automations.insert(id, automation.clone());
    if automations.len() > MOST_AUTOMATIONS {
        automations.pop_first();
    }
    Ok((StatusCode::CREATED, Json(automation)))
}

async fn execute(
    State(backend): State<Arc<Backend>>,
    Path(id): Path<u64>,
) -> Result<Json<Execution>, ApiError> {
    let Automation { new, .. } = backend.automation(id)?;
    backend.stores.seen(new.user_id).await;
    Ok(Json(backend.executed(&new).await?))
}

async fn user(
    State(backend): State<Arc<Backend>>,
    Path(id): Path<u64>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(backend.user(id)?.clone()))
}

async fn position(
    State(backend): State<Arc<Backend>>,
    Path(id): Path<u64>,
) -> Result<Json<Position>, ApiError> {
    let position = backend
        .monitor
        .get("/positions/:id", &[&id.to_string()])
        .await?;
    Ok(Json(position))
}

async fn users_position(
    State(backend): State<Arc<Backend>>,
    Path((user, id)): Path<(u64, u64)>,
) -> Result<Json<Position>, ApiError> {
    let Json(position) = position(State(backend), Path(id)).await?;
    if position.user_id != user {
        return Err(ApiError::NotFound {
            what: "position",
            id,
        });
    }
    Ok(Json(position))
}

/// One page for both paths; its script does the rest.
async fn page() -> Html<&'static str> {
    Html(include_str!("page.html"))
}

async fn payment(
    State(backend): State<Arc<Backend>>,
    Json(payment): Json<Payment>,
) -> Result<Json<Value>, ApiError> {
    backend.user(payment.user_id)?;
    Ok(Json(backend.checked(payment).await?))
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Call(CallError::Answered { status, .. }) if status.is_client_error() => *status,
            Self::Call(_) => StatusCode::BAD_GATEWAY,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status(), Json(json!({ "error": self.to_string() }))).into_response()
    }
}
