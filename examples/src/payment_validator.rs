//! The payment validator: checks Lightning payments against their invoices.

use std::sync::Arc;

use axisor_telemetry::jobs::Queue;
use axisor_telemetry::{Telemetry, instrument_automation};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use clap::Parser;
use http::StatusCode;
use serde_json::{Value, json};

use crate::dependencies::Dependencies;
use crate::fate::Fate;
use crate::service::{self, Common, ServiceError, WorkerPorts};
use crate::wire::{JobQueue, Payment, PaymentJob};

/// The service's name: its `job` in Prometheus.
pub const NAME: &str = "payment-validator";

/// Checks Lightning payments against their invoices.
#[derive(Debug, Clone, Parser)]
#[command(name = "payment-validator")]
pub struct PaymentValidatorArgs {
    /// Where it takes payments and is scraped.
    #[command(flatten)]
    pub ports: WorkerPorts,
    /// What every service is told.
    #[command(flatten)]
    pub common: Common,
}

struct Validator {
    fate: Fate,
    queue: Queue,
}

/// Why a payment is not good.
#[derive(Debug, thiserror::Error)]
enum PaymentError {
    #[error("invoice {invoice} has expired")]
    Expired { invoice: u64 },
    #[error("invoice {invoice} is not for {sats} sats")]
    WrongAmount { invoice: u64, sats: u64 },
}

/// Runs the payment validator until it is asked to end.
///
/// # Errors
/// [`ServiceError`] if it cannot start.
pub async fn run(args: PaymentValidatorArgs) -> Result<(), ServiceError> {
    let fate = args.common.fate();
    let telemetry = Dependencies::new(NAME, fate)
        .checked_by(Telemetry::builder(NAME))
        .set("prometheus.port", args.ports.metrics_port)
        .set("traces.trust_incoming_sampling", true) // only our own services call it
        .init()?;
    let queue = telemetry.queue(JobQueue::Payments);
    let jobs = Router::new()
        .route("/jobs/payment", post(payment))
        .with_state(Arc::new(Validator { fate, queue }));
    service::end(service::run_worker(telemetry, jobs, &args.common, &args.ports).await?);
    Ok(())
}

async fn payment(
    State(validator): State<Arc<Validator>>,
    Json(PaymentJob { payment, carrier }): Json<PaymentJob>,
) -> Result<Json<Value>, PaymentError> {
    let check = async {
        let node = validator.fate;
        node.pause(2..12, "lightning node", payment.invoice).await;
        validator.validate(&payment)
    };
    validator.queue.process(&carrier, check).await?;
    Ok(Json(
        json!({ "invoice": payment.invoice, "status": "settled" }),
    ))
}

impl Validator {
    #[instrument_automation(type = "payment_validation")]
    fn validate(&self, payment: &Payment) -> Result<(), PaymentError> {
        let Payment { invoice, sats, .. } = *payment;
        if self.fate.one_in(14, "expired invoice", invoice) {
            return Err(PaymentError::Expired { invoice });
        }
        if self.fate.one_in(20, "wrong amount", invoice) {
            return Err(PaymentError::WrongAmount { invoice, sats });
        }
        Ok(())
    }
}

impl IntoResponse for PaymentError {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.to_string() }));
        (StatusCode::PAYMENT_REQUIRED, body).into_response()
    }
}
