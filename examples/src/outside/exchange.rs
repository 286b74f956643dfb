//! LN Markets' API, as far as the margin guard uses it.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::fate::Fate;

/// What is wanted for a position.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Order {
    /// The position.
    pub position: u64,
    /// The number of the automation's execution.
    pub run: u64,
}

/// The three things that can be done to a running trade.
pub(super) fn router(fate: Fate) -> Router {
    Router::new()
        .route("/v2/futures/add-margin", post(add_margin))
        .route("/v2/futures/cash-in", post(take_order))
        .route("/v2/futures/close", post(take_order))
        .with_state(fate)
}

async fn add_margin(State(fate): State<Fate>, Json(order): Json<Order>) -> Json<Order> {
    fate.pause(2..10, "margin", order.run).await;
    Json(order)
}

async fn take_order(
    State(fate): State<Fate>,
    Json(order): Json<Order>,
) -> Result<Json<Order>, StatusCode> {
    fate.pause(10..40, "order", order.run).await;
    if fate.one_in(12, "order", order.run) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok(Json(order))
}
