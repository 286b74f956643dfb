//! `GET /health`, `/livez` and `/readyz`: 200 if all is well, 503 if not.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::Serialize;

use crate::health::Health;

pub(super) async fn answer(health: Arc<Health>) -> Response {
    match health.report().await {
        Ok(report) if report.is_healthy() => json(StatusCode::OK, &report),
        Ok(report) => json(StatusCode::SERVICE_UNAVAILABLE, &report),
        Err(error) => json(StatusCode::SERVICE_UNAVAILABLE, &error),
    }
}

/// That this is answered says it.
pub(super) async fn live() -> Response {
    json(StatusCode::OK, &serde_json::json!({ "live": true }))
}

pub(super) async fn ready(health: Arc<Health>) -> Response {
    let readiness = health.readiness().await;
    let status = if readiness.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    json(status, &readiness)
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    match serde_json::to_string(body) {
        Ok(body) => (status, headers, body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
