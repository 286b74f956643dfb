//! LN Markets' API, as far as we use it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::conduct::{self, Conducted};
use crate::fate::Fate;

/// What is wanted for a position.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Order {
    /// The position.
    pub position: u64,
    /// The number of the automation's execution.
    pub run: u64,
}

#[derive(Debug, Clone)]
struct Exchange {
    fate: Fate,
    asked: Arc<AtomicU64>,
}

/// Whether it is there, the running trades, and the three things that can be done to one.
pub(super) fn router(fate: Fate, conducted: Conducted) -> Router {
    let trading = Router::new()
        .route("/v2/futures", get(running_trades))
        .route("/v2/futures/add-margin", post(add_margin))
        .route("/v2/futures/cash-in", post(take_order))
        .route("/v2/futures/close", post(take_order))
        .layer(middleware::from_fn_with_state(conducted, conduct::apply));
    let asked = Arc::default();
    Router::new()
        .route("/v2/user", get(async || Json("well")))
        .merge(trading)
        .with_state(Exchange { fate, asked })
}

/// None are kept here; asking may fail all the same.
async fn running_trades(State(exchange): State<Exchange>) -> Result<Json<[u64; 0]>, StatusCode> {
    let number = exchange.asked.fetch_add(1, Ordering::Relaxed);
    let Exchange { fate, .. } = exchange;
    fate.pause(5..30, "exchange", number).await;
    if fate.one_in(25, "exchange timed out", number) {
        return Err(StatusCode::GATEWAY_TIMEOUT);
    }
    if fate.one_in(40, "exchange overloaded", number) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok(Json([]))
}

async fn add_margin(State(exchange): State<Exchange>, Json(order): Json<Order>) -> Json<Order> {
    exchange.fate.pause(2..10, "margin", order.run).await;
    Json(order)
}

async fn take_order(
    State(Exchange { fate, .. }): State<Exchange>,
    Json(order): Json<Order>,
) -> Result<Json<Order>, StatusCode> {
    fate.pause(10..40, "order", order.run).await;
    if fate.one_in(12, "order", order.run) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok(Json(order))
}
