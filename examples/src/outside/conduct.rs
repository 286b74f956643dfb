//! How the exchange is made to refuse trades and to take its time, while it runs: `PUT /conduct`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::put;
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

/// How the exchange treats whatever is asked about trades.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conduct {
    /// So many of a hundred requests are answered 503, evenly spread; 0 to 100.
    pub refused_percent: u64,
    /// How long each request waits first, in milliseconds.
    pub delay_ms: u64,
}

/// The present conduct, and how many requests there were.
pub(super) type Conducted = Arc<Mutex<(Conduct, u64)>>;

/// Where the conduct is changed.
pub(super) fn router(conducted: Conducted) -> Router {
    Router::new()
        .route("/conduct", put(change))
        .with_state(conducted)
}

async fn change(State(conducted): State<Conducted>, Json(wanted): Json<Conduct>) -> Json<Conduct> {
    lock(&conducted).0 = wanted;
    Json(wanted)
}

/// Does to a request what the conduct says.
pub(super) async fn apply(
    State(conducted): State<Conducted>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let (conduct, number) = {
        let mut conducted = lock(&conducted);
        conducted.1 += 1;
        *conducted
    };
    sleep(Duration::from_millis(conduct.delay_ms)).await;
    if conduct.refuses(number) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok(next.run(request).await)
}

impl Conduct {
    /// Whether it is with this request that the share is reached once more.
    fn refuses(self, number: u64) -> bool {
        let refused = |until: u64| until * self.refused_percent / 100;
        refused(number) < refused(number + 1)
    }
}

fn lock(conducted: &Mutex<(Conduct, u64)>) -> MutexGuard<'_, (Conduct, u64)> {
    conducted.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_share_is_refused_and_evenly() {
        for refused_percent in [0, 22, 50, 100] {
            let conduct = Conduct {
                refused_percent,
                ..Conduct::default()
            };
            let refused = |from: u64| (from..from + 100).filter(|number| conduct.refuses(*number));
            for from in [0, 7, 1_000] {
                assert_eq!(refused(from).count() as u64, refused_percent);
            }
        }
    }
}
