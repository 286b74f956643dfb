//! One question to an HTTP API, and what its answer says of the clocks.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{DATE, HeaderMap};
use http::{StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;
use tokio::time::timeout;

use super::{Cause, Finding, Hop};
use crate::connector::{Connector, connector};
use crate::pipeline::with_causes;

/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(5);
/// More than any page or answer that is asked for here.
const MAX_ANSWER: usize = 64 << 20;
/// Clocks that are further apart put spans into the wrong order. A date has whole seconds, and an answer takes its time.
const SKEW: Duration = Duration::from_secs(5);

/// A client that remembers whose clock differs.
pub(super) struct Asker {
    client: Client<Connector, Empty<Bytes>>,
    skews: Mutex<Vec<Cause>>,
}

impl Asker {
    pub(super) fn new() -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector()),
            skews: Mutex::default(),
        }
    }

    /// The text at `url`; `None` where there is none (404).
    ///
    /// # Errors
    /// [`Cause::Away`] if there is no answer, or not one that says 200.
    pub(super) async fn text(&self, url: &str) -> Result<Option<String>, Cause> {
        let answer = timeout(LIMIT, self.get(url)).await;
        let reason = match answer {
            Ok(Ok((StatusCode::OK, body))) => return Ok(Some(body)),
            Ok(Ok((StatusCode::NOT_FOUND, _))) => return Ok(None),
            Ok(Ok((status, _))) => format!("status {status}"),
            Ok(Err(reason)) => reason,
            Err(_) => format!("nothing within {LIMIT:?}"),
        };
        Err(away(url, reason))
    }

    /// The same, read as JSON.
    pub(super) async fn json(&self, url: &str) -> Result<Option<Value>, Cause> {
        let Some(text) = self.text(url).await? else {
            return Ok(None);
        };
        let read = serde_json::from_str(&text);
        read.map(Some)
            .map_err(|error| away(url, format!("no JSON: {error}")))
    }

    /// What the answers' dates say, at most once for each place.
    pub(super) fn skews(&self) -> Vec<Finding> {
        let skews = self.skews.lock().unwrap_or_else(PoisonError::into_inner);
        let found = |cause: &Cause| Finding::new(Hop::Service, cause.clone());
        skews.iter().map(found).collect()
    }

    async fn get(&self, url: &str) -> Result<(StatusCode, String), String> {
        let uri: Uri = url.parse().map_err(|_| "it is no URL".to_owned())?;
        let place = uri.authority().map(ToString::to_string);
        let answer = self.client.get(uri).await;
        let (head, body) = answer.map_err(|error| with_causes(&error))?.into_parts();
        self.compare_clocks(place.unwrap_or_default(), &head.headers);
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| with_causes(&*error))?.to_bytes();
        Ok((head.status, String::from_utf8_lossy(&body).into_owned()))
    }

    fn compare_clocks(&self, place: String, headers: &HeaderMap) {
        let Some(skew) = date(headers).and_then(|date| skew(place, Timestamp::now(), date)) else {
            return;
        };
        let mut skews = self.skews.lock().unwrap_or_else(PoisonError::into_inner);
        if !skews.iter().any(|known| place_of(known) == place_of(&skew)) {
            skews.push(skew);
        }
    }
}

fn away(url: &str, reason: String) -> Cause {
    let url = without_secrets(url).unwrap_or_else(|| url.to_owned());
    Cause::Away { url, reason }
}

/// Without user, password and query.
fn without_secrets(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    let address = url.authority()?.as_str().rsplit('@').next()?;
    Some(format!("{}://{address}{}", url.scheme_str()?, url.path()))
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let date = headers.get(DATE)?.as_bytes();
    DateTimeParser::new().parse_timestamp(date).ok()
}

fn skew(place: String, here: Timestamp, there: Timestamp) -> Option<Cause> {
    let ahead = here.duration_since(there);
    let by = ahead.unsigned_abs();
    if by <= SKEW {
        return None;
    }
    Some(if ahead.is_positive() {
        Cause::ClockAhead { place, by }
    } else {
        Cause::ClockBehind { place, by }
    })
}

fn place_of(skew: &Cause) -> Option<&str> {
    match skew {
        Cause::ClockAhead { place, .. } | Cause::ClockBehind { place, .. } => Some(place),
        _ => None,
    }
}
