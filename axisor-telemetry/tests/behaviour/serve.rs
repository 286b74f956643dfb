//! `/metrics`, `/health` and the small server for workers.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axisor_telemetry::serve::ServeError;
use axum::Router;
use opentelemetry::metrics::MeterProvider as _;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::app::{self, App};
use crate::seen;

async fn app() -> App {
    App::serve(Router::new()).await
}

#[tokio::test]
async fn metrics_is_the_text_format_with_its_content_type() {
    let app = app().await;
    let answer = app.ask("GET", "/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let text = answer.text();
    assert!(text.contains("# TYPE axisor_active_users gauge\n") && text.ends_with('\n'));
}

#[tokio::test]
async fn a_scrape_does_not_show_itself_but_those_before() {
    let app = app().await;
    let first = app.ask("GET", "/metrics").await.text();
    assert!(!first.contains("route=\"/metrics\""));
    app.ask("HEAD", "/metrics?name[]=x").await;
    let third = app.ask("GET", "/metrics").await.text();
    assert!(
        third.contains(
            "axisor_http_requests_total{method=\"GET\",route=\"/metrics\",status_code=\"200\"} 1\n"
        ),
        "{third}"
    );
    assert!(
        third.contains(
            "axisor_http_requests_total{method=\"HEAD\",route=\"/metrics\",status_code=\"200\"} 1\n"
        ),
        "{third}"
    );
    assert_eq!(app.ask("GET", "/metrics/").await.status, 404);
}

#[tokio::test]
async fn a_scraper_that_asks_for_gzip_gets_the_same_page_compressed() {
    let app = app().await;
    let answer = app
        .ask_with("GET", "/metrics", "accept-encoding: gzip\r\n")
        .await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&answer.body[..])
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.contains("# TYPE axisor_active_users gauge\n"));
}

#[tokio::test]
async fn a_page_that_cannot_be_rendered_is_a_500() {
    let app = app().await;
    let meter = app.telemetry.meter_provider().meter("user");
    let _gauge = meter
        .u64_observable_gauge("broken")
        .with_callback(|_| panic!("no value today"))
        .build();
    assert_eq!(app.ask("GET", "/metrics").await.status, 500);
}

#[tokio::test]
async fn metrics_are_at_the_configured_path() {
    let app = App::configured(
        |builder| builder.set("prometheus.path", "/internal/metrics"),
        |_| Router::new(),
    )
    .await;
    assert_eq!(app.ask("GET", "/internal/metrics").await.status, 200);
    assert_eq!(app.ask("GET", "/metrics").await.status, 404);
}

#[tokio::test]
#[should_panic(expected = "Overlapping method route. Handler for `GET /health` already exists")]
async fn a_router_that_answers_health_already_is_refused_when_merged() {
    let telemetry = seen::builder().build().unwrap();
    let own = axum::routing::get(async || "mine");
    let _ = Router::new()
        .route("/health", own)
        .merge(telemetry.router());
}

fn here(addr: SocketAddr) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], addr.port()))
}

#[tokio::test]
async fn a_worker_is_served_and_its_endpoints_count_themselves() {
    let telemetry = seen::builder().set("prometheus.port", "0").build().unwrap();
    let server = telemetry.serve().await.unwrap();
    let addr = here(server.local_addr());
    assert_eq!(app::ask(addr, "GET", "/health", "").await.status, 200);
    assert_eq!(app::ask(addr, "GET", "/nope", "").await.status, 404);
    let text = app::ask(addr, "GET", "/metrics", "").await.text();
    for counted in [
        "{method=\"GET\",route=\"/health\",status_code=\"200\"} 1\n",
        "{method=\"GET\",route=\"undefined\",status_code=\"404\"} 1\n",
    ] {
        assert!(text.contains(counted), "{text}");
    }
}

#[tokio::test]
async fn after_a_shutdown_nobody_listens() {
    let telemetry = seen::builder().set("prometheus.port", "0").build().unwrap();
    let server = telemetry.serve().await.unwrap();
    let addr = here(server.local_addr());
    server.shutdown().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_shutdown_waits_no_longer_than_its_grace_and_leaves_no_server_behind() {
    let asked = Arc::new(Notify::new());
    let hangs = Arc::clone(&asked);
    let telemetry = seen::builder()
        .set("prometheus.port", "0")
        .set("health.timeout", "1h")
        .health_check("database", move || {
            hangs.notify_one();
            std::future::pending::<Result<(), std::io::Error>>()
        })
        .build()
        .unwrap();
    let alive = || Handle::current().metrics().num_alive_tasks();
    let server = telemetry.serve().await.unwrap();
    let _stream = app::begin(here(server.local_addr()), "GET", "/health", "").await;
    asked.notified().await;
    tokio::task::yield_now().await;
    let with_server = alive();
    tokio::time::pause();
    let start = Instant::now();
    server.shutdown().await;
    assert_eq!(start.elapsed().as_secs(), 5);
    let own = 2; // the one that accepts, the one that waits for the signal
    assert_eq!(alive(), with_server - own);
}

#[tokio::test]
async fn a_dropped_server_listens_no_more() {
    let telemetry = seen::builder().set("prometheus.port", "0").build().unwrap();
    let server = telemetry.serve().await.unwrap();
    let addr = here(server.local_addr());
    drop(server);
    let free = async {
        while tokio::net::TcpStream::connect(addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(seen::DEADLINE, free)
        .await
        .expect("closed in time");
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_the_setting() {
    let taken = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let telemetry = seen::builder()
        .set("prometheus.port", port.to_string())
        .build()
        .unwrap();
    let error = telemetry.serve().await.unwrap_err();
    assert!(matches!(error, ServeError::PortInUse { addr } if addr.port() == port));
    let message = error.to_string();
    assert!(
        message.contains(&port.to_string()) && message.contains("prometheus.port"),
        "{message}"
    );
}
