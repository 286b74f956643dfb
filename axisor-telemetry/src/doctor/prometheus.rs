//! From the Collector's page to Prometheus.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Uri;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::ask::Asker;
use super::canary::Canary;
use super::{Cause, Finding, Hop, Outcome, PAUSE, Places, collector};
use crate::catalog::{DOCTOR_CANARY, PREFIX};

/// So many scrapes without the canary are no coincidence: the first may have begun before it was there.
const SCRAPES: usize = 3;
/// Prometheus takes up to 5 s to know the targets of a new configuration, and a Collector that makes batches has them for a
/// while.
const SETTLING: Duration = Duration::from_secs(6);

/// What has been seen so far.
struct Seen {
    began: Instant,
    /// Whether the Collector's page has shown the canary; not known while the page is not to be had.
    on_page: Option<bool>,
    scrapes: BTreeSet<String>,
}

impl Seen {
    fn is_settled(&self) -> bool {
        self.began.elapsed() > SETTLING
    }
}

/// Waits for the canary metric, or for the certainty that it does not come.
pub(super) async fn metric(
    asker: &Asker,
    places: &Places,
    canary: &Canary,
    until: Instant,
) -> Outcome {
    let began = Instant::now();
    let mut seen = Seen {
        began,
        on_page: None,
        scrapes: BTreeSet::new(),
    };
    loop {
        match step(asker, places, canary, &mut seen).await {
            Ok(true) => {
                return Outcome::Arrived {
                    after: began.elapsed(),
                };
            }
            Ok(false) if Instant::now() < until => sleep(PAUSE).await,
            Ok(false) => {
                let waited = began.elapsed();
                let cause = Cause::NotSeen { waited };
                return Outcome::Lost(Finding::new(Hop::CollectorToPrometheus, cause));
            }
            Err(finding) => return Outcome::Lost(finding),
        }
    }
}

/// Whether the canary is there.
///
/// # Errors
/// Why it never will be.
async fn step(
    asker: &Asker,
    places: &Places,
    canary: &Canary,
    seen: &mut Seen,
) -> Result<bool, Finding> {
    if seen.on_page != Some(true) {
        seen.on_page = collector::shows(asker, places, canary).await;
    }
    let found = found(asker, places, canary).await;
    if let Ok(Some(found)) = found {
        return match found {
            Found::AsSent => Ok(true),
            Found::Exported(job) => {
                let cause = Cause::LabelsNotHonoured { job };
                Err(Finding::new(Hop::CollectorToPrometheus, cause))
            }
        };
    }
    if seen.on_page == Some(false) {
        if !seen.is_settled() {
            return Ok(false);
        }
        let cause = collector::not_shown(places, canary);
        return Err(Finding::new(Hop::Collector, cause));
    }
    found?;
    let cause = scraped(asker, places, seen).await?;
    cause.map_or(Ok(false), |cause| {
        Err(Finding::new(Hop::CollectorToPrometheus, cause))
    })
}

enum Found {
    /// Under the service's own labels.
    AsSent,
    /// Under those of this job.
    Exported(String),
}

async fn found(asker: &Asker, places: &Places, canary: &Canary) -> Result<Option<Found>, Finding> {
    let query = format!("{{__name__=\"{}\"}}", canary.metric);
    let series = query_series(asker, places, &query).await?;
    let of_canary = |label: &str| {
        let mut series = series.iter();
        series.find(|series| text(&series[label]) == canary.id)
    };
    if of_canary("instance").is_some() {
        return Ok(Some(Found::AsSent));
    }
    let exported = of_canary("exported_instance");
    Ok(exported.map(|series| Found::Exported(text(&series["job"]).to_owned())))
}

/// Why Prometheus does not get the Collector's page, or does not keep it; `None` if that cannot be said yet.
async fn scraped(
    asker: &Asker,
    places: &Places,
    seen: &mut Seen,
) -> Result<Option<Cause>, Finding> {
    let targets = targets(asker, places).await?;
    let is_page = |target: &&Value| same_page(text(&target["scrapeUrl"]), &places.collector_series);
    let Some(target) = targets.iter().find(is_page) else {
        let page = places.collector_series.clone();
        return Ok(seen.is_settled().then_some(Cause::NotScraped { page }));
    };
    let job = text(&target["scrapePool"]).to_owned();
    if target["health"] == "down" {
        let error = text(&target["lastError"]).to_owned();
        return Ok(Some(Cause::ScrapeFails { job, error }));
    }
    seen.scrapes.insert(text(&target["lastScrape"]).to_owned());
    Ok((seen.scrapes.len() > SCRAPES).then_some(Cause::Relabelled { job }))
}

/// Whether two addresses are of one page, which may have several hosts' names.
fn same_page(one: &str, other: &str) -> bool {
    let page = |url: &str| {
        let url: Uri = url.parse().ok()?;
        Some((url.port_u16(), url.path().to_owned()))
    };
    page(one) == page(other)
}

/// Jobs whose series come both from their own pages and through the Collector.
///
/// # Errors
/// [`Cause::Away`] if Prometheus does not answer.
pub(super) async fn counted_twice(asker: &Asker, places: &Places) -> Result<Vec<Finding>, Finding> {
    let canary = DOCTOR_CANARY.name;
    let query =
        format!("count by (job, instance) ({{__name__=~\"{PREFIX}.+\",__name__!=\"{canary}\"}})");
    let series = query_series(asker, places, &query).await?;
    let targets = targets(asker, places).await?;
    let of = |labels: &Value| {
        (
            text(&labels["job"]).to_owned(),
            text(&labels["instance"]).to_owned(),
        )
    };
    let targets: BTreeSet<_> = targets.iter().map(|target| of(&target["labels"])).collect();
    let (direct, pushed): (Vec<_>, Vec<_>) = series
        .iter()
        .map(of)
        .partition(|series| targets.contains(series));
    let pushed: BTreeSet<_> = pushed.into_iter().map(|(job, _)| job).collect();
    let both: BTreeSet<_> = direct.into_iter().map(|(job, _)| job).collect();
    let both = both.intersection(&pushed).cloned();
    let finding = |job| Finding::new(Hop::Prometheus, Cause::CountedTwice { job });
    Ok(both.map(finding).collect())
}

/// The labels of every series of a query's answer.
async fn query_series(asker: &Asker, places: &Places, query: &str) -> Result<Vec<Value>, Finding> {
    let query = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
    let answer = ask(
        asker,
        &format!("{}/api/v1/query?query={query}", places.prometheus),
    )
    .await?;
    let series = answer["data"]["result"].as_array();
    Ok(series
        .into_iter()
        .flatten()
        .map(|series| series["metric"].clone())
        .collect())
}

async fn targets(asker: &Asker, places: &Places) -> Result<Vec<Value>, Finding> {
    let url = format!("{}/api/v1/targets?state=active", places.prometheus);
    let answer = ask(asker, &url).await?;
    let targets = answer["data"]["activeTargets"].as_array();
    Ok(targets.cloned().unwrap_or_default())
}

async fn ask(asker: &Asker, url: &str) -> Result<Value, Finding> {
    let answer = asker.json(url).await;
    let answer = answer.map_err(|cause| Finding::new(Hop::Prometheus, cause))?;
    Ok(answer.unwrap_or_default())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
