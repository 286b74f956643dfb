//! `GET /health`: 200 if all is well, 503 if not.

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
