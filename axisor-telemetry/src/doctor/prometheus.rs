//! From the Collector's page to Prometheus.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::time::Instant;

use super::look::Look;
use super::{Cause, Finding, Hop, Outcome, collector};
use crate::catalog::{DOCTOR_CANARY, PREFIX};

/// So many scrapes without the canary are no coincidence: the first may have begun before it was there.
const SCRAPES: usize = 3;
/// Prometheus takes up to 5 s to know the targets of a new configuration, and a Collector that makes batches has them for a
/// while.
const SETTLING: Duration = Duration::from_secs(6);

/// What has been seen so far.
struct Seen {
    /// From when on what is missing is taken to be missing for good.
    settled: Instant,
    /// Whether the Collector's page has shown the canary; not known while the page is not to be had.
    on_page: Option<bool>,
    /// When the page was scraped.
    scrapes: BTreeSet<String>,
}

impl Seen {
    /// Nothing is said of what may be late before it has had its time.
    fn once_settled(&self, hop: Hop, cause: Cause) -> Result<bool, Finding> {
        if Instant::now() < self.settled {
            return Ok(false);
        }
        Err(Finding::new(hop, cause))
    }
}

/// Waits for the canary metric, or for the certainty that it does not come.
pub(super) async fn metric(look: &Look<'_>) -> Outcome {
    let mut seen = Seen {
        settled: look.until.min(Instant::now() + SETTLING),
        on_page: None,
        scrapes: BTreeSet::new(),
    };
    let step = async || is_there(look, &mut seen).await;
    look.wait(Hop::CollectorToPrometheus, step).await
}

async fn is_there(look: &Look<'_>, seen: &mut Seen) -> Result<bool, Finding> {
    if seen.on_page != Some(true) {
        seen.on_page = collector::shows(look).await;
    }
    let found = found(look).await;
    if let Ok(Some(found)) = found {
        return found.judge();
    }
    if seen.on_page == Some(false) {
        return seen.once_settled(Hop::Collector, collector::not_shown(look));
    }
    found?;
    scraped(look, seen).await
}

/// How Prometheus has the canary.
enum Found {
    /// Under the service's own labels.
    AsSent,
    /// Under those of this job.
    Exported(String),
}

impl Found {
    fn judge(self) -> Result<bool, Finding> {
        match self {
            Self::AsSent => Ok(true),
            Self::Exported(job) => on_the_way(Cause::LabelsNotHonoured { job }),
        }
    }
}

fn on_the_way(cause: Cause) -> Result<bool, Finding> {
    Err(Finding::new(Hop::CollectorToPrometheus, cause))
}

async fn found(look: &Look<'_>) -> Result<Option<Found>, Finding> {
    let query = format!("{{__name__=\"{}\"}}", look.canary.metric);
    let series = series(look, &query).await?;
    let of_canary = |label: &str| {
        let mut series = series.iter();
        series.find(|series| text(&series[label]) == look.canary.id)
    };
    if of_canary("instance").is_some() {
        return Ok(Some(Found::AsSent));
    }
    let exported = of_canary("exported_instance");
    Ok(exported.map(|series| Found::Exported(text(&series["job"]).to_owned())))
}

/// Never there; an error once Prometheus certainly does not get the Collector's page, or does not keep it.
async fn scraped(look: &Look<'_>, seen: &mut Seen) -> Result<bool, Finding> {
    let page = &look.places().collector_series;
    let targets = targets(look).await?;
    let is_page = |target: &&Value| is_same_page(text(&target["scrapeUrl"]), page);
    let Some(target) = targets.iter().find(is_page) else {
        let page = page.clone();
        return seen.once_settled(Hop::CollectorToPrometheus, Cause::NotScraped { page });
    };
    let job = text(&target["scrapePool"]).to_owned();
    if target["health"] == "down" {
        let error = text(&target["lastError"]).to_owned();
        return on_the_way(Cause::ScrapeFails { job, error });
    }
    seen.scrapes.insert(text(&target["lastScrape"]).to_owned());
    if seen.scrapes.len() > SCRAPES {
        return on_the_way(Cause::Relabelled { job });
    }
    Ok(false)
}

/// Whether two addresses are of one page, whose host may have several names.
fn is_same_page(one: &str, other: &str) -> bool {
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
pub(super) async fn counted_twice(look: &Look<'_>) -> Result<Vec<Finding>, Finding> {
    let canary = DOCTOR_CANARY.name;
    let services = format!("{{__name__=~\"{PREFIX}.+\",__name__!=\"{canary}\"}}");
    let series = series(look, &format!("count by (job, instance) ({services})")).await?;
    let targets = targets(look).await?;
    let targets: BTreeSet<_> = targets
        .iter()
        .map(|target| whose(&target["labels"]))
        .collect();
    let (scraped, pushed): (Vec<_>, Vec<_>) = series
        .iter()
        .map(whose)
        .partition(|series| targets.contains(series));
    let [scraped, pushed] = [scraped, pushed].map(jobs);
    let twice = scraped.intersection(&pushed).cloned();
    let finding = |job| Finding::new(Hop::Prometheus, Cause::CountedTwice { job });
    Ok(twice.map(finding).collect())
}

/// Job and instance.
fn whose(labels: &Value) -> (String, String) {
    let label = |name: &str| text(&labels[name]).to_owned();
    (label("job"), label("instance"))
}

fn jobs(series: Vec<(String, String)>) -> BTreeSet<String> {
    series.into_iter().map(|(job, _)| job).collect()
}

/// The labels of every series of a query's answer.
async fn series(look: &Look<'_>, query: &str) -> Result<Vec<Value>, Finding> {
    let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
    let answer = ask(look, &format!("query?query={query}")).await?;
    let series = answer["data"]["result"].as_array().into_iter().flatten();
    Ok(series.map(|series| series["metric"].clone()).collect())
}

async fn targets(look: &Look<'_>) -> Result<Vec<Value>, Finding> {
    let answer = ask(look, "targets?state=active").await?;
    let targets = answer["data"]["activeTargets"].as_array();
    Ok(targets.cloned().unwrap_or_default())
}

async fn ask(look: &Look<'_>, what: &str) -> Result<Value, Finding> {
    let url = format!("{}/api/v1/{what}", look.places().prometheus);
    let answer = look.asker.json(&url).await;
    let answer = answer.map_err(|away| Finding::new(Hop::Prometheus, away))?;
    Ok(answer.unwrap_or_default())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
