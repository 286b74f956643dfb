//! How does a service get its metrics, spans and health?
//!
//! ```console
//! $ cargo run -p axisor-examples --example quickstart
//! $ curl -X POST http://127.0.0.1:3000/automations/7/execute
//! $ curl http://127.0.0.1:3000/metrics
//! ```
//! With `once` as argument it sends itself these requests on a free port, and ends.

use std::error::Error;
use std::time::Duration;

use axisor_telemetry::{Telemetry, instrument_automation};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::{Router, routing::post};
use tokio::net::TcpListener;

#[derive(Debug, thiserror::Error)]
#[error("user {0} has no open position")]
struct NoPosition(u64);

#[instrument_automation(type = "margin_check")]
async fn check_margin(user: u64) -> Result<&'static str, NoPosition> {
    if user.is_multiple_of(5) {
        return Err(NoPosition(user));
    }
    Ok("margin is fine\n")
}

async fn execute(Path(user): Path<u64>) -> Result<&'static str, StatusCode> {
    check_margin(user).await.map_err(|_| StatusCode::NOT_FOUND)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = Telemetry::builder("axisor-backend")
        .set("traces.exporter", "console") // or nothing, and OTEL_EXPORTER_OTLP_ENDPOINT in the environment
        .health_check("database", || async { Ok::<_, NoPosition>(()) })
        .init()?;

    let app = Router::new()
        .route("/automations/{user}/execute", post(execute))
        .merge(telemetry.router()) // /metrics and /health
        .layer(telemetry.http_layer());

    let once = std::env::args().any(|argument| argument == "once");
    let listener = TcpListener::bind(("127.0.0.1", if once { 0 } else { 3000 })).await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("listening on {url}");
    axum::serve(listener, app)
        .with_graceful_shutdown(asked_to_end(url, once))
        .await?;

    println!("{}", telemetry.shutdown(Duration::from_secs(5))?);
    Ok(())
}

async fn asked_to_end(url: String, once: bool) {
    if once {
        show(&url).await.expect("the service answers itself");
    } else {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// What the two `curl`s show.
async fn show(url: &str) -> Result<(), reqwest::Error> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    for user in [7, 10] {
        client
            .post(format!("{url}/automations/{user}/execute"))
            .send()
            .await?;
    }
    let page = client
        .get(format!("{url}/metrics"))
        .send()
        .await?
        .text()
        .await?;
    let ours = |line: &&str| {
        line.starts_with("axisor_automation") || line.starts_with("axisor_http_requests")
    };
    page.lines()
        .filter(ours)
        .for_each(|line| println!("{line}"));
    Ok(())
}
