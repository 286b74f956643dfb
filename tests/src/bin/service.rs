//! A small service that the end-to-end tests start, call and kill.
//!
//! `service NAME` listens on a free port of loopback and says `listening on http://127.0.0.1:…`. Everything else comes from the
//! environment, as for any service.

use std::error::Error;
use std::time::Duration;

use axisor_telemetry::{Telemetry, instrument_automation, track_margin_guard};
use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long what is left may take to be sent.
const DEADLINE: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().ok_or("usage: service NAME [PORT]")?;
    let port: u16 = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let telemetry = Telemetry::builder(name).init()?;
    let app = Router::new()
        .route("/work", get(handle_work))
        .route("/fail", get(handle_failure))
        .route("/relay", get(handle_relay))
        .merge(telemetry.router())
        .layer(telemetry.http_layer());
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app)
        .with_graceful_shutdown(terminated()?)
        .await?;
    println!("{}", telemetry.shutdown(DEADLINE)?);
    Ok(())
}

fn terminated() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        terminate.recv().await;
    })
}

#[derive(Deserialize)]
struct Work {
    #[serde(default)]
    milliseconds: u64,
}

async fn handle_work(Query(asked): Query<Work>) -> &'static str {
    work(Duration::from_millis(asked.milliseconds)).await;
    "done"
}

async fn handle_failure() -> StatusCode {
    match refuse().await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::error!(%error, "refused");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

#[derive(Deserialize)]
struct Relay {
    to: String,
}

async fn handle_relay(Query(relay): Query<Relay>) -> StatusCode {
    match add_margin(&relay.to).await {
        Ok(status) => status,
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}

#[instrument_automation(type = "margin_check")]
async fn work(time: Duration) {
    tokio::time::sleep(time).await;
}

#[instrument_automation(type = "take_profit")]
async fn refuse() -> Result<(), std::io::Error> {
    tracing::error!("no route to the exchange");
    Err(std::io::Error::other(
        "no answer from postgres://axisor:s3cret@db/trades",
    ))
}

#[track_margin_guard(action = "add_margin", plan = "pro", duration, capture)]
async fn add_margin(to: &str) -> Result<StatusCode, reqwest::Error> {
    let mut headers = HeaderMap::new();
    if let Some(telemetry) = Telemetry::current() {
        telemetry.inject(&mut headers);
    }
    let asked = reqwest::Client::new().get(to).headers(headers);
    let answer = asked.send().await;
    let answer = answer.inspect_err(|error| tracing::error!(%error, "margin not added"))?;
    Ok(answer.status())
}
