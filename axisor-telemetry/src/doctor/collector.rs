//! The Collector's two pages: the services' series, and its own.

use super::Cause;
use super::look::Look;
use crate::catalog::PREFIX;

/// What the series of its sampling of whole traces begin with.
const TAIL_SAMPLING: &str = "otelcol_processor_tail_sampling_";

/// Whether the page of services' series shows the canary; `None` if the page is not to be had.
pub(super) async fn shows(look: &Look<'_>) -> Option<bool> {
    let page = look
        .asker
        .text(&look.places().collector_series)
        .await
        .ok()??;
    Some(page.contains(&look.canary.id))
}

/// How far the Collector is with its decisions about traces, in their order.
pub(super) struct Decisions {
    /// How many traces it has seen.
    pub(super) received: u64,
    /// About how many of them it has decided.
    pub(super) decided: u64,
}

/// `None` if the Collector keeps all traces, or does not say.
pub(super) async fn decisions(look: &Look<'_>) -> Option<Decisions> {
    let page = own(look).await?;
    let of = |name| sum(&page, &format!("{TAIL_SAMPLING}{name}"), "");
    page.contains(TAIL_SAMPLING).then(|| Decisions {
        received: of("new_trace_id_received"),
        decided: of("global_count_traces_sampled") + of("sampling_trace_dropped_too_early"),
    })
}

/// How many spans wait in the Collector's queues.
pub(super) async fn waiting(look: &Look<'_>) -> u64 {
    let page = own(look).await.unwrap_or_default();
    let of_spans = "data_type=\"traces\"";
    sum(&page, "otelcol_exporter_queue_size", of_spans)
}

/// Why a metric that was taken is not shown.
pub(super) fn not_shown(look: &Look<'_>) -> Cause {
    if look.canary.metric.starts_with(PREFIX) {
        let page = look.places().collector_series.clone();
        return Cause::NotExposed { page };
    }
    let metric = look.canary.metric.clone();
    Cause::Filtered { metric }
}

async fn own(look: &Look<'_>) -> Option<String> {
    let page = look.asker.text(&look.places().collector_telemetry).await;
    page.ok()?
}

/// The sum of a family's samples with this label, whether or not its name ends in `_total`.
fn sum(page: &str, name: &str, label: &str) -> u64 {
    let named = |line: &&str| {
        let rest = line.strip_prefix(name);
        let rest = rest.map(|rest| rest.strip_prefix("_total").unwrap_or(rest));
        rest.is_some_and(|rest| rest.starts_with(['{', ' ']) && rest.contains(label))
    };
    let values = page.lines().filter(named);
    let values = values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of items"
    )]
    let whole = |value: f64| value as u64;
    values.map(whole).sum()
}
