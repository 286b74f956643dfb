//! What goes beside a job's payload.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::limits;
use crate::clock::unix_nanos;
use crate::trace::SpanParent;

/// What the keys below mean. A later version may mean something else by them.
const VERSION: &str = "1";

const KEY_VERSION: &str = "axisor_job_version";
const KEY_ENQUEUED: &str = "axisor_job_enqueued_ms";
const KEY_ATTEMPT: &str = "axisor_job_attempt";
const KEY_TRACEPARENT: &str = "traceparent";
const KEY_TRACESTATE: &str = "tracestate";
const KEY_BAGGAGE: &str = "baggage";

/// Every key a carrier may have.
const KEYS: [&str; 6] = [
    KEY_VERSION,
    KEY_ENQUEUED,
    KEY_ATTEMPT,
    KEY_TRACEPARENT,
    KEY_TRACESTATE,
    KEY_BAGGAGE,
];

/// What goes beside a job's payload: the trace it belongs to, when it was enqueued, which attempt comes next.
///
/// Made by [`Queue::send`](super::Queue::send) and [`Queue::carrier`](super::Queue::carrier). It is at most 9 KiB: of a
/// `tracestate` or `baggage` that is larger only as much as the W3C's specifications ask for is carried.
///
/// | where | write | read |
/// |---|---|---|
/// | in a JSON payload | a field with `#[serde(flatten)]`, or as it is with `#[serde(default)]` | the same |
/// | beside it, as fields of a Redis stream or headers of AMQP | [`pairs`](Self::pairs) | [`from_pairs`](Self::from_pairs) |
/// | beside it, as headers of Kafka | [`pairs`](Self::pairs), the values' bytes | [`from_pairs`](Self::from_pairs) |
///
/// Reading never fails, since a job matters more than its trace: a carrier that is not there is empty, and what a later
/// version wrote or nobody can read is [unreadable](Self::is_unreadable). Of a job by someone else who sent the W3C's
/// `traceparent` alone, the trace goes on and the waiting time is unknown.
///
/// It is a [`SpanParent`], so a function that does not go through [`Queue::process`](super::Queue::process) can continue
/// the trace, too:
/// ```
/// use axisor_telemetry::instrument_automation;
/// use axisor_telemetry::jobs::JobCarrier;
///
/// struct Job {
///     position: u64,
///     carrier: JobCarrier,
/// }
///
/// #[instrument_automation(type = "margin_check", kind = "consumer", parent = job.carrier)]
/// async fn check(job: &Job) {}
///
/// #[instrument_automation(type = "settle", links(jobs.iter().map(|job| &job.carrier)))]
/// async fn settle(jobs: &[Job]) {}
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobCarrier {
    /// In milliseconds since 1970.
    enqueued: Option<u64>,
    attempt: Option<NonZeroU32>,
    traceparent: Option<String>,
    tracestate: Option<String>,
    baggage: Option<String>,
    unreadable: bool,
}

impl JobCarrier {
    /// Of a job that is enqueued now, for the first time, by the present call.
    pub(super) fn here(propagator: &dyn TextMapPropagator, now: SystemTime) -> Self {
        let mut carrier = Self {
            enqueued: Some(millis(now)),
            attempt: Some(NonZeroU32::MIN),
            ..Self::default()
        };
        propagator.inject_context(&Context::current(), &mut carrier);
        carrier
    }

    fn unreadable() -> Self {
        Self {
            unreadable: true,
            ..Self::default()
        }
    }

    /// Reads what [`pairs`](Self::pairs) wrote, from among other pairs; texts or bytes.
    ///
    /// ```
    /// use axisor_telemetry::jobs::JobCarrier;
    ///
    /// let headers: Vec<(&str, &[u8])> = vec![
    ///     ("content-type", b"application/json"),
    ///     ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    /// ];
    /// let carrier = JobCarrier::from_pairs(headers);
    /// assert!(!carrier.is_unreadable());
    /// ```
    pub fn from_pairs<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let mut carrier = Self::default();
        for (key, value) in pairs {
            if carrier.read(key.as_ref(), value.as_ref()).is_none() {
                return Self::unreadable();
            }
        }
        if carrier.traceparent.is_some()
            && carrier.context(&TraceContextPropagator::new()).is_none()
        {
            return Self::unreadable();
        }
        carrier
    }

    /// Takes a pair, if it is one of a carrier's; `None` if nobody can read it.
    fn read(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let Some(key) = KEYS.into_iter().find(|known| known.as_bytes() == key) else {
            return Some(());
        };
        let value = std::str::from_utf8(value).ok()?;
        match key {
            KEY_VERSION if value != VERSION => return None,
            KEY_VERSION => {}
            KEY_ENQUEUED => self.enqueued = Some(value.parse().ok()?),
            KEY_ATTEMPT => self.attempt = Some(value.parse().ok()?),
            KEY_TRACEPARENT if value.len() > limits::TRACEPARENT_BYTES => return None,
            _ => self.take(key, value),
        }
        Some(())
    }

    fn take(&mut self, key: &str, value: &str) {
        match key {
            KEY_TRACEPARENT => self.traceparent = Some(value.to_owned()),
            KEY_TRACESTATE => self.tracestate = Some(limits::tracestate(value)),
            KEY_BAGGAGE => self.baggage = Some(limits::baggage(value)),
            _ => {}
        }
    }

    /// What to write: keys, and their values as text. Nothing if it is empty or was unreadable.
    ///
    /// ```
    /// # use axisor_telemetry::Telemetry;
    /// # fn example(telemetry: &Telemetry) {
    /// let carrier = telemetry.queue("margin-checks").carrier();
    /// let mut xadd = vec!["XADD".to_owned(), "margin-checks".to_owned(), "*".to_owned()];
    /// xadd.extend(carrier.pairs().flat_map(|(key, value)| [key.to_owned(), value]));
    /// # }
    /// ```
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, String)> {
        let own = self.enqueued.is_some() || self.attempt.is_some();
        let values = [
            own.then(|| VERSION.to_owned()),
            self.enqueued.map(|enqueued| enqueued.to_string()),
            self.attempt.map(|attempt| attempt.to_string()),
            self.traceparent.clone(),
            self.tracestate.clone(),
            self.baggage.clone(),
        ];
        KEYS.into_iter()
            .zip(values)
            .filter_map(|(key, value)| Some((key, value?)))
    }

    /// The carrier of the same job, enqueued again now after an attempt that failed: in the same trace, one attempt on.
    #[must_use = "the job is to be enqueued with it"]
    pub fn again(&self) -> Self {
        Self {
            enqueued: Some(millis(SystemTime::now())),
            ..self.clone()
        }
        .with_attempt(self.attempt().saturating_add(1))
    }

    /// The same with the number of the attempt, where the broker delivers a job again by itself and counts; the first is 1,
    /// which 0 is taken for. The time waited is still that since the job was enqueued.
    #[must_use = "the attempt is to be made with it"]
    pub fn with_attempt(self, attempt: u32) -> Self {
        Self {
            attempt: Some(NonZeroU32::new(attempt).unwrap_or(NonZeroU32::MIN)),
            ..self
        }
    }

    /// The number of the attempt that comes next; the first is 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt.map_or(1, NonZeroU32::get)
    }

    /// When the job was enqueued, by its producer's clock, to the millisecond; `None` if nobody said so.
    #[must_use]
    pub fn enqueued_at(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_millis(self.enqueued?))
    }

    /// How long ago that was by this machine's clock: zero if the producer's is ahead of it, `None` if it was longer than
    /// 90 days, which nobody means.
    #[must_use]
    pub fn waited(&self) -> Option<Duration> {
        self.waited_until(SystemTime::now())
    }

    pub(super) fn waited_until(&self, now: SystemTime) -> Option<Duration> {
        let waited = millis(now).saturating_sub(self.enqueued?);
        Some(Duration::from_millis(waited)).filter(|waited| *waited <= limits::LONGEST_WAIT)
    }

    /// Whether there was something that cannot be read. The job's trace begins anew then.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.unreadable
    }
}

/// Milliseconds since 1970.
fn millis(time: SystemTime) -> u64 {
    unix_nanos(time) / 1_000_000
}

impl SpanParent for JobCarrier {
    fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context> {
        propagator
            .extract_with_context(&Context::new(), self)
            .context(propagator)
    }
}

impl Injector for JobCarrier {
    fn set(&mut self, key: &str, value: String) {
        if !value.is_empty() {
            self.take(key, &value);
        }
    }
}

impl Extractor for JobCarrier {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            KEY_TRACEPARENT => self.traceparent.as_deref(),
            KEY_TRACESTATE => self.tracestate.as_deref(),
            KEY_BAGGAGE => self.baggage.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        let all = [KEY_TRACEPARENT, KEY_TRACESTATE, KEY_BAGGAGE];
        all.into_iter()
            .filter(|key| self.get(key).is_some())
            .collect()
    }
}

impl Serialize for JobCarrier {
    /// As a map of [`pairs`](Self::pairs).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.pairs())
    }
}

impl<'de> Deserialize<'de> for JobCarrier {
    /// Of whatever there is, in a format that says itself what that is, such as JSON.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Given::deserialize(deserializer)? {
            Given::Pairs(pairs) => {
                let text = |(key, value): (String, Scalar)| (key, value.text());
                Self::from_pairs(pairs.into_iter().map(text))
            }
            Given::Nothing(()) => Self::default(),
            Given::Other(_) => Self::unreadable(),
        })
    }
}

/// What stands where a carrier is looked for.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Pairs(BTreeMap<String, Scalar>),
    Nothing(()),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(u64),
    Other(IgnoredAny),
}

impl Scalar {
    /// What is neither is nothing that any key may have.
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::Other(_) => String::new(),
        }
    }
}
