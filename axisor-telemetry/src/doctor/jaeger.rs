//! From the Collector to Jaeger.

use tokio::time::{Instant, sleep};

use super::ask::Asker;
use super::{Cause, Finding, Hop, Outcome, PAUSE, Places, collector};

/// So many looks after the Collector has left a trace out are no coincidence.
const LOOKS: u32 = 10;

/// Waits for the trace with this id, or for the certainty that it does not come. Before, the Collector had left
/// `left_out` traces out.
pub(super) async fn trace(
    asker: &Asker,
    places: &Places,
    id: &str,
    left_out: u64,
    until: Instant,
) -> Outcome {
    let began = Instant::now();
    let mut looks = 0;
    loop {
        match is_there(asker, places, id).await {
            Ok(true) => {
                return Outcome::Arrived {
                    after: began.elapsed(),
                };
            }
            Ok(false) => {}
            Err(away) => {
                return lost(
                    Hop::CollectorToJaeger,
                    waiting_for(asker, places, away).await,
                );
            }
        }
        let sampling = collector::left_out(asker, places).await;
        looks += u32::from(sampling.is_some_and(|now| now > left_out));
        if looks > LOOKS {
            return lost(Hop::Collector, Cause::SampledOut);
        }
        if Instant::now() >= until {
            return too_late(asker, places, sampling.is_some(), began).await;
        }
        sleep(PAUSE).await;
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
