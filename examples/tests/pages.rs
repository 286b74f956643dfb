//! A real browser on the backend's pages, and what Prometheus shows of it.

mod backend;

use std::time::Duration;

use axisor_stack::{Component, Stack};
use axisor_tests::chromium::Browser;
use axisor_tests::page::until_line;
use axisor_tests::prometheus::Prometheus;
use axisor_tests::until;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;

const DEADLINE: Duration = Duration::from_secs(30);
const LOADS: &str = "axisor_page_load_duration_seconds";
const VITALS: &str = "axisor_web_vital_duration_seconds";
const SHIFT: &str = "axisor_cumulative_layout_shift_score";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_left_is_in_prometheus_with_its_web_vitals() {
    let stack = Stack::builder()
        .native()
        .free_ports()
        .only([Component::Collector, Component::Prometheus])
        .scrape_interval(Duration::from_secs(1))
        .start()
        .await
        .expect("a Collector and a Prometheus");
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*stack.otlp_grpc()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "250"),
    ];
    let (_backend, url) = backend::start(&environment).await;
    let prometheus = Prometheus::new(stack.prometheus());
    let mut browser = Browser::start().expect("a browser");

    let page = browser
        .open(&format!("{url}/users/7?token=secret"))
        .await
        .expect("a page");
    browser
        .evaluate(&page, "document.body.style.paddingTop = '200px'")
        .await
        .expect("a shift");
    browser
        .measured(&page, "layout-shift")
        .await
        .expect("a shift");
    browser.click(&page, "button").await.expect("a click");
    browser.go(&page, &url).await.expect("another page");
    browser.close(page).await.expect("closed");

    for one in [
        format!("{LOADS}_count{{page=\"/\"}}"), // left last: nothing of the other page comes after it
        format!("{LOADS}_count{{page=\"/users/:id\"}}"),
        format!("{SHIFT}_count{{page=\"/users/:id\"}}"),
        format!("{VITALS}_count{{page=\"/users/:id\",vital=\"ttfb\"}}"),
        format!("{VITALS}_count{{page=\"/users/:id\",vital=\"fcp\"}}"),
        format!("{VITALS}_count{{page=\"/users/:id\",vital=\"lcp\"}}"),
        format!("{VITALS}_count{{page=\"/users/:id\",vital=\"inp\"}}"),
    ] {
        until_one(&prometheus, &one).await;
    }
    let shifted = format!("{SHIFT}_sum{{page=\"/users/:id\"}}");
    let shifted = prometheus.value(&shifted).await.expect("an answer");
    assert!(shifted.is_some_and(|score| score > 0.01), "{shifted:?}");
    let nobody_clicked = format!("{VITALS}_count{{page=\"/\",vital=\"inp\"}}");
    let found = prometheus.query(&nobody_clicked).await.expect("an answer");
    assert_eq!(found, [], "of a page nobody clicked on");
    for sum in [
        format!("{LOADS}_sum"),
        format!("{VITALS}_sum{{vital!=\"inp\"}}"),
    ] {
        for series in prometheus.query(&sum).await.expect("an answer") {
            assert!(
                (0.0001..30.0).contains(&series.value),
                "in seconds: {series:?}"
            );
        }
    }
    stack.down().await.expect("down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_tells_once_when_it_is_hidden_and_not_if_it_was_loaded_so() {
    const HIDDEN: &str = "Object.defineProperty(document, 'visibilityState', { value: 'hidden' })";
    const HIDES: &str = "document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))";
    let (_backend, url) = backend::start(&[]).await;
    let mut browser = Browser::start().expect("a browser");
    let users = format!("{url}/users/7");
    let metrics = format!("{url}/metrics");
    let once = format!("{LOADS}_count{{page=\"/users/:id\"}} 1");

    let background = browser.blank().await.expect("a tab");
    browser.first(&background, HIDDEN).await.expect("hidden");
    browser.go(&background, &users).await.expect("a page");
    browser.close(background).await.expect("closed");
    let page = browser.open(&users).await.expect("a page");
    browser.evaluate(&page, HIDES).await.expect("still visible");
    browser.click(&page, "button").await.expect("measured too");
    browser.evaluate(&page, HIDDEN).await.expect("hidden");
    browser.evaluate(&page, HIDES).await.expect("told");
    until_line(&metrics, &once).await.expect("while it is open");
    browser.go(&page, &url).await.expect("another page");
    browser.close(page).await.expect("closed");

    let last = format!("{LOADS}_count{{page=\"/\"}} 1");
    until_line(&metrics, &last).await.expect("the last one");
    until_line(&metrics, &once).await.expect("still once");
    let clicked = format!("{VITALS}_count{{page=\"/users/:id\",vital=\"inp\"}} 1");
    until_line(&metrics, &clicked).await.expect("not before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_another_origin_is_refused_by_the_backend() {
    let (_backend, url) = backend::start(&[]).await;
    let foreign =
        format!("<title>Foreign</title><h1>Foreign</h1><script src=\"{url}/beacon.js\"></script>");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let elsewhere = listener.local_addr().expect("an address");
    let app = Router::new().route("/", get(Html(foreign)));
    let serving = tokio::spawn(async { axum::serve(listener, app).await });
    let mut browser = Browser::start().expect("a browser");

    let page = browser
        .open(&format!("http://{elsewhere}/"))
        .await
        .expect("a page");
    browser.close(page).await.expect("closed");
    let metrics = format!("{url}/metrics");
    until_line(
        &metrics,
        "axisor_beacons_refused_total{reason=\"origin\"} 1",
    )
    .await
    .expect("refused");
    let shown = reqwest::get(&metrics)
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a page");
    assert!(!shown.contains(LOADS) && !shown.contains(VITALS), "{shown}");
    serving.abort();
}

async fn until_one(prometheus: &Prometheus, query: &str) {
    let found = async || {
        let value = prometheus.value(query).await.ok()??;
        ((value - 1.0).abs() < 1e-9).then_some(())
    };
    until(DEADLINE, query, found)
        .await
        .expect("1 in Prometheus");
}
