//! From the Collector to Jaeger.

use std::time::Duration;

use tokio::time::Instant;

use super::collector::{self, Decisions};
use super::look::Look;
use super::{Cause, Finding, Hop, Outcome};

/// By then the Collector's series know of a span it has taken.
const ARRIVAL: Duration = Duration::from_secs(1);
/// So many looks after the Collector has decided about a trace are no coincidence.
const LOOKS: u32 = 10;

/// Waits for the trace with this id, or for the certainty that it does not come.
pub(super) async fn trace(look: &Look<'_>, id: &str) -> Outcome {
    let began = Instant::now();
    let mut sampling = None;
    let step = async || match is_there(look, id).await {
        Ok(true) => Ok(true),
        Ok(false) => decided(look, &mut sampling, began).await,
        Err(away) => Err(away_or_waiting(look, away).await),
    };
    let outcome = look.wait(Hop::CollectorToJaeger, step).await;
    match outcome {
        Outcome::Lost(finding) if matches!(finding.cause, Cause::NotSeen { .. }) => {
            Outcome::Lost(too_late(look, sampling.is_some(), finding.cause).await)
        }
        outcome => outcome,
    }
}

/// What has been seen of the Collector's decisions.
#[derive(Default)]
struct Sampling {
    /// How many traces it had seen with the canary.
    received: u64,
    /// How often it had decided about all of those.
    looks: u32,
}

impl Sampling {
    fn see(&mut self, now: &Decisions, began: Instant) {
        if began.elapsed() < ARRIVAL {
            self.received = now.received;
        } else if now.decided >= self.received {
            self.looks += 1;
        }
    }
}

/// Never there; an error once the Collector has certainly left it out.
async fn decided(
    look: &Look<'_>,
    sampling: &mut Option<Sampling>,
    began: Instant,
) -> Result<bool, Finding> {
    let Some(decisions) = collector::decisions(look).await else {
        return Ok(false);
    };
    let sampling = sampling.get_or_insert_default();
    sampling.see(&decisions, began);
    if sampling.looks > LOOKS {
        return Err(Finding::new(Hop::Collector, Cause::SampledOut));
    }
    Ok(false)
}

async fn too_late(look: &Look<'_>, samples: bool, not_seen: Cause) -> Finding {
    if samples {
        return Finding::new(Hop::Collector, Cause::Undecided);
    }
    away_or_waiting(look, not_seen).await
}

/// What waits in the Collector says more than `otherwise`.
async fn away_or_waiting(look: &Look<'_>, otherwise: Cause) -> Finding {
    let cause = match collector::waiting(look).await {
        0 => otherwise,
        spans => Cause::Waiting { spans },
    };
    Finding::new(Hop::CollectorToJaeger, cause)
}

async fn is_there(look: &Look<'_>, id: &str) -> Result<bool, Cause> {
    let url = format!("{}/api/traces/{id}", look.places().jaeger);
    let answer = look.asker.json(&url).await?;
    let traces = answer.as_ref().and_then(|answer| answer["data"].as_array());
    Ok(traces.is_some_and(|traces| !traces.is_empty()))
}
