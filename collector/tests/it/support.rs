//! Waiting, asking, and OTLP by hand.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axisor_stack::{Component, Progress, Stack, StackBuilder, provision};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

const DEADLINE: Duration = Duration::from_secs(60);

/// A stack for one test.
pub(crate) fn quick() -> StackBuilder {
    Stack::builder()
        .native()
        .free_ports()
        .scrape_interval(Duration::from_millis(500))
}

/// A file of `collector/`.
pub(crate) fn committed(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

pub(crate) fn committed_yaml(file: &str) -> Value {
    let text = std::fs::read_to_string(committed(file)).unwrap();
    serde_yaml_ng::from_str(&text).unwrap()
}

/// The path of one of a component's programs.
pub(crate) async fn program(component: Component, name: &str) -> PathBuf {
    let programs = provision(component, Progress::Stderr).await.unwrap();
    programs.join(name)
}

/// Asks until there is an answer; panics with `what` if none comes in time.
pub(crate) async fn until<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) async fn get(url: &str) -> Option<String> {
    let response = client().get(url).send().await.ok()?;
    response.error_for_status().ok()?.text().await.ok()
}

pub(crate) async fn get_json(url: &str) -> Option<Value> {
    serde_json::from_str(&get(url).await?).ok()
}

/// Sends one OTLP request as JSON; `signal` is `metrics` or `traces`.
pub(crate) async fn post(stack: &Stack, signal: &str, body: &Value) {
    let url = format!("{}/v1/{signal}", stack.otlp_http());
    let response = client().post(url).json(body).send().await.unwrap();
    assert!(response.status().is_success(), "{:?}", response.status());
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// The result of an instant query.
pub(crate) async fn query(stack: &Stack, expression: &str) -> Option<Vec<Value>> {
    let url = format!("{}/api/v1/query", stack.prometheus());
    let request = client().get(url).query(&[("query", expression)]);
    let answer: Value = request.send().await.ok()?.json().await.ok()?;
    answer["data"]["result"].as_array().cloned()
}

/// The value of the only series of an instant query.
pub(crate) async fn value(stack: &Stack, expression: &str) -> Option<String> {
    match query(stack, expression).await?.as_slice() {
        [series] => Some(series["value"][1].as_str()?.to_owned()),
        _ => None,
    }
}

pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_nanos().to_string()
}

pub(crate) fn attributes(pairs: &[(&str, &str)]) -> Value {
    pairs
        .iter()
        .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
        .collect()
}

pub(crate) fn resource(service: &str, instance: &str) -> Value {
    let pairs = [
        ("service.name", service),
        ("service.instance.id", instance),
        ("service.version", "1.2.3"),
    ];
    json!({"attributes": attributes(&pairs)})
}

/// A request with metrics of one service and one scope.
pub(crate) fn metrics(service: &str, instance: &str, metrics: &[Value]) -> Value {
    json!({"resourceMetrics": [{
        "resource": resource(service, instance),
        "scopeMetrics": [{"scope": {"name": "test"}, "metrics": metrics}],
    }]})
}

/// A cumulative counter with one data point per set of labels.
pub(crate) fn counter(name: &str, help: &str, points: &[(&[(&str, &str)], f64)]) -> Value {
    let sum = json!({
        "aggregationTemporality": 2,
        "isMonotonic": true,
        "dataPoints": points.iter().map(number).collect::<Value>(),
    });
    json!({"name": name, "description": help, "sum": sum})
}

pub(crate) fn gauge(name: &str, unit: &str, number_of: f64) -> Value {
    let points = json!([number(&(&[], number_of))]);
    json!({"name": name, "description": "h", "unit": unit, "gauge": {"dataPoints": points}})
}

fn number((labels, value): &(&[(&str, &str)], f64)) -> Value {
    json!({"timeUnixNano": now(), "asDouble": value, "attributes": attributes(labels)})
}

/// A request with one finished span.
pub(crate) fn span(service: &str, trace: &str, name: &str) -> Value {
    let span = json!({
        "traceId": trace,
        "spanId": "00f067aa0ba902b7",
        "name": name,
        "kind": 2,
        "startTimeUnixNano": now(),
        "endTimeUnixNano": now(),
    });
    json!({"resourceSpans": [{
        "resource": resource(service, "i-1"),
        "scopeSpans": [{"scope": {"name": "test"}, "spans": [span]}],
    }]})
}

/// The names of the spans Jaeger has of a trace, once it has it.
pub(crate) async fn spans_in_jaeger(stack: &Stack, trace: &str) -> Option<Vec<String>> {
    let answer = get_json(&format!("{}/api/traces/{trace}", stack.jaeger())).await?;
    let spans = answer["data"][0]["spans"].as_array()?;
    spans
        .iter()
        .map(|span| span["operationName"].as_str().map(str::to_owned))
        .collect()
}

pub(crate) async fn refuses(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_err()
}

/// A service that answers every request with this page of metrics; gives its address.
pub(crate) async fn service(page: &'static str) -> String {
    serve(("127.0.0.1", 0), page).await
}

/// The same at a chosen address.
pub(crate) async fn serve(address: (&str, u16), page: &'static str) -> String {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, page));
        }
    });
    address
}

async fn answer(mut stream: TcpStream, page: &str) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await?;
    let length = page.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(page.as_bytes()).await
}
