//! Which traces the Collector keeps where it samples.

use std::collections::BTreeMap;
use std::time::Duration;

use axisor_stack::{Component, Stack, TailSampling};
use axisor_tests::jaeger::{Jaeger, Trace};
use axisor_tests::until;

use crate::start;

const DEADLINE: Duration = Duration::from_secs(20);
const SLOW: Duration = Duration::from_millis(400);
/// Of what is always kept.
const FEW: usize = 5;
/// Of what is kept by chance: fewer than 10 or more than 50 are once in a hundred million runs.
const MANY: usize = 60;

#[tokio::test]
async fn what_matters_is_kept_with_a_share_of_the_rest_and_each_trace_is_whole() {
    let stack = Stack::builder()
        .native()
        .free_ports()
        .only([Component::Collector, Component::Jaeger])
        .tail_sampling(TailSampling {
            wait: Duration::from_secs(2),
            slow: SLOW,
            percent: 50,
        })
        .start()
        .await
        .expect("a Collector and a Jaeger");
    let quiet = [("AXISOR_LOGGING_LEVEL", "off")];
    let backend = start(&stack, "axisor-backend", 0, &quiet).await;
    let monitor = start(&stack, "margin-monitor", 0, &quiet).await;

    let slow = format!(
        "{}/work?milliseconds={}",
        backend.url(),
        2 * SLOW.as_millis()
    );
    let act = format!("{}/relay?to={}/work", backend.url(), monitor.url());
    for _ in 0..FEW {
        get(&format!("{}/fail", backend.url())).await;
        get(&slow).await;
        get(&act).await;
    }
    for _ in 0..MANY {
        get(&format!("{}/work", monitor.url())).await;
    }

    let decided = async || {
        let page = reqwest::get(stack.collector_telemetry())
            .await
            .ok()?
            .text()
            .await
            .ok()?;
        let (kept, left) = (decided(&page, true), decided(&page, false));
        (kept + left == 3 * FEW + MANY).then_some(kept)
    };
    let decided = until(DEADLINE, "every trace to be decided", decided)
        .await
        .expect("decided");
    let jaeger = Jaeger::new(stack.jaeger());
    let kept = async || {
        let kept = kept(&jaeger).await?;
        (kept.values().map(Vec::len).sum::<usize>() == decided).then_some(kept)
    };
    let kept = until(DEADLINE, "every trace that is kept", kept)
        .await
        .expect("in Jaeger");

    for kind in ["GET /fail", "GET /work slow", "GET /relay"] {
        assert_eq!(
            kept.get(kind).map(Vec::len),
            Some(FEW),
            "of {kind}, {kept:#?}"
        );
    }
    for (kind, traces) in &kept {
        let spans = if kind == "GET /relay" { 4 } else { 2 };
        for trace in traces {
            assert_eq!(trace.spans.len(), spans, "of {kind}, {trace:#?}");
        }
    }
    let others = kept.get("GET /work").map_or(0, Vec::len);
    assert!((10..=50).contains(&others), "{others} of {MANY} others");
    stack.down().await.expect("down");
}

/// How many traces the Collector decided so, as its own series have it.
fn decided(page: &str, kept: bool) -> usize {
    let name = "otelcol_processor_tail_sampling_global_count_traces_sampled";
    let lines = page.lines().filter(|line| line.starts_with(name));
    let lines = lines.filter(|line| line.contains(&format!("sampled=\"{kept}\"")));
    let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok());
    values.sum()
}

/// The traces in Jaeger by what began them, slow ones apart.
async fn kept(jaeger: &Jaeger) -> Option<BTreeMap<String, Vec<Trace>>> {
    let mut kept: BTreeMap<String, Vec<Trace>> = BTreeMap::new();
    let of_backend = jaeger.traces("axisor-backend").await.ok()?;
    let of_monitor = jaeger.traces("margin-monitor").await.ok()?;
    let seen: Vec<String> = of_backend
        .iter()
        .map(|trace| trace.trace_id.clone())
        .collect();
    let of_monitor = of_monitor
        .into_iter()
        .filter(|trace| !seen.contains(&trace.trace_id));
    for trace in of_backend.into_iter().chain(of_monitor) {
        let root = trace.spans.iter().find(|span| span.references.is_empty())?;
        let is_slow = u128::from(root.duration) > SLOW.as_micros();
        let slow = if is_slow { " slow" } else { "" };
        let kind = format!("{}{slow}", root.operation_name);
        kept.entry(kind).or_default().push(trace);
    }
    Some(kept)
}

async fn get(url: &str) {
    reqwest::get(url).await.expect("an answer");
}
