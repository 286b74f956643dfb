//! From the Collector to Jaeger.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::ask::Asker;
use super::collector::Decisions;
use super::{Cause, Finding, Hop, Outcome, PAUSE, Places, collector};

/// By then the Collector's series know of a span it has taken.
const ARRIVAL: Duration = Duration::from_secs(1);
/// So many looks after the Collector has decided about a trace are no coincidence.
const LOOKS: u32 = 10;

/// Waits for the trace with this id, or for the certainty that it does not come.
pub(super) async fn trace(asker: &Asker, places: &Places, id: &str, until: Instant) -> Outcome {
    let began = Instant::now();
    let mut sampling = None;
    loop {
        match is_there(asker, places, id).await {
            Ok(true) => {
                let after = began.elapsed();
                return Outcome::Arrived { after };
            }
            Ok(false) => {}
            Err(away) => {
                return lost(
                    Hop::CollectorToJaeger,
                    waiting_for(asker, places, away).await,
                );
            }
        }
        if let Some(decisions) = collector::decisions(asker, places).await {
            let sampling = sampling.get_or_insert_with(Sampling::default);
            sampling.see(&decisions, began);
            if sampling.looks > LOOKS {
                return lost(Hop::Collector, Cause::SampledOut);
            }
        }
        if Instant::now() >= until {
            return too_late(asker, places, sampling.is_some(), began).await;
        }
        sleep(PAUSE).await;
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

fn lost(hop: Hop, cause: Cause) -> Outcome {
    Outcome::Lost(Finding::new(hop, cause))
}

async fn too_late(asker: &Asker, places: &Places, samples: bool, began: Instant) -> Outcome {
    if samples {
        return lost(Hop::Collector, Cause::Undecided);
    }
    let waited = began.elapsed();
    let cause = Cause::NotSeen { waited };
    lost(
        Hop::CollectorToJaeger,
        waiting_for(asker, places, cause).await,
    )
}

/// What waits in the Collector says more than `otherwise`.
async fn waiting_for(asker: &Asker, places: &Places, otherwise: Cause) -> Cause {
    match collector::waiting(asker, places).await {
        0 => otherwise,
        spans => Cause::Waiting { spans },
    }
}

async fn is_there(asker: &Asker, places: &Places, id: &str) -> Result<bool, Cause> {
    let answer = asker
        .json(&format!("{}/api/traces/{id}", places.jaeger))
        .await?;
    let traces = answer.as_ref().and_then(|answer| answer["data"].as_array());
    Ok(traces.is_some_and(|traces| !traces.is_empty()))
}
