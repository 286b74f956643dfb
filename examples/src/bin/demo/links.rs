//! Links to the stack, each tried before it is shown.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::{Client, Url};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// How long the stack may take until a link leads to something.
const WITHIN: Duration = Duration::from_secs(60);

/// The processes that a flagship trace goes through.
pub(crate) const PROCESSES: usize = 4;

const QUERIES: [&str; 6] = [
    "sum by (job) (rate(axisor_http_requests_total[1m]))",
    "histogram_quantile(0.95, sum by (le, job) (rate(axisor_http_request_duration_seconds_bucket[1m])))",
    "sum by (automation_type, status) (axisor_automation_executions_total)",
    "sum by (action_type, user_plan) (axisor_margin_guard_actions_total)",
    "sum by (job) (rate(process_cpu_time[1m]))",
    "up{job=~\"axisor-backend|.*-(monitor|executor|worker|validator)\"}",
];

/// Why a link is not shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// Jaeger has not got the trace.
    #[error("no trace over {PROCESSES} processes at {url} within {WITHIN:?}, expected one")]
    Trace { url: String },
    /// Prometheus has no data for a query.
    #[error("no data for `{query}` in Prometheus within {WITHIN:?}, expected some")]
    Query { query: &'static str },
}

/// Where a stack is asked.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub(crate) jaeger: String,
    pub(crate) prometheus: String,
}

/// Links to `trace` and to queries, once all of them lead to something.
pub(crate) async fn find(stack: Stack, trace: String) -> Result<String, LinkError> {
    let http = Client::builder().no_proxy().timeout(Duration::from_secs(5));
    let http = http
        .build()
        .expect("an HTTP client without TLS needs nothing");
    let give_up = Instant::now() + WITHIN;
    let spans = spans(&http, &stack, &trace, give_up).await?;
    let mut lines = vec![
        format!("a trace in Jaeger, {spans} spans over {PROCESSES} processes:"),
        format!("  {}", jaeger_link(&http, &stack, &trace).await),
        "queries in Prometheus:".to_owned(),
    ];
    for query in QUERIES {
        let series = series(&http, &stack, query, give_up).await?;
        lines.push(format!("  {query}  ({series} series)"));
        lines.push(format!(
            "    {}",
            prometheus_link(&http, &stack, query).await
        ));
    }
    Ok(lines.join("\n"))
}

/// The trace's page, or its JSON: a Jaeger built from its module alone has no pages.
async fn jaeger_link(http: &Client, stack: &Stack, trace: &str) -> String {
    let page = format!("{}/trace/{trace}", stack.jaeger);
    if is_page(http, &page, "<title>Jaeger UI").await {
        return page;
    }
    format!("{}/api/traces/{trace}", stack.jaeger)
}

/// The query's page, or its JSON: a Prometheus built from its module alone has no pages.
async fn prometheus_link(http: &Client, stack: &Stack, query: &str) -> String {
    let parameters = [("g0.expr", query), ("g0.tab", "0")];
    let page = link(&stack.prometheus, "/graph", &parameters);
    if is_page(http, &page, "Prometheus").await {
        return page;
    }
    link(&stack.prometheus, "/api/v1/query", &[("query", query)])
}

async fn is_page(http: &Client, url: &str, says: &str) -> bool {
    let Ok(answer) = http.get(url).send().await else {
        return false;
    };
    answer.status().is_success() && answer.text().await.is_ok_and(|page| page.contains(says))
}

/// Waits until Jaeger has the whole trace; how many spans it has.
async fn spans(
    http: &Client,
    stack: &Stack,
    trace: &str,
    give_up: Instant,
) -> Result<usize, LinkError> {
    let url = format!("{}/api/traces/{trace}", stack.jaeger);
    while Instant::now() < give_up {
        if let Some(answer) = json(http, &url).await
            && services(&answer).len() >= PROCESSES
        {
            return Ok(answer["data"][0]["spans"].as_array().map_or(0, Vec::len));
        }
        sleep(Duration::from_millis(500)).await;
    }
    Err(LinkError::Trace { url })
}

fn services(answer: &Value) -> HashSet<&str> {
    let processes = answer["data"][0]["processes"].as_object();
    let processes = processes
        .into_iter()
        .flat_map(|processes| processes.values());
    processes
        .filter_map(|process| process["serviceName"].as_str())
        .collect()
}

/// Waits until Prometheus has data; how many series it has.
async fn series(
    http: &Client,
    stack: &Stack,
    query: &'static str,
    give_up: Instant,
) -> Result<usize, LinkError> {
    let url = link(&stack.prometheus, "/api/v1/query", &[("query", query)]);
    while Instant::now() < give_up {
        if let Some(answer) = json(http, &url).await
            && let Some(result) = answer["data"]["result"].as_array()
            && !result.is_empty()
        {
            return Ok(result.len());
        }
        sleep(Duration::from_millis(500)).await;
    }
    Err(LinkError::Query { query })
}

async fn json(http: &Client, url: &str) -> Option<Value> {
    http.get(url).send().await.ok()?.json().await.ok()
}

fn link(base: &str, path: &str, parameters: &[(&str, &str)]) -> String {
    let url = Url::parse_with_params(&format!("{base}{path}"), parameters);
    url.map_or_else(|_| base.to_owned(), Into::into)
}
