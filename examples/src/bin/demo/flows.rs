//! `--flows`: so many executions, and what became of every span of theirs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use axisor_examples::users::USERS;
use axisor_tests::ApiError;
use axisor_tests::jaeger::{Jaeger, Span, Trace};
use futures_util::{StreamExt as _, stream};
use http::HeaderMap;
use reqwest::Client;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::ports::KINDS;

/// The most executions under way.
const MOST_OPEN: usize = 32;
/// How long Jaeger may take until it has them all.
const WITHIN: Duration = Duration::from_secs(60);

/// Why spans are missing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlowsError {
    /// Executions have no answer.
    #[error("{unanswered} of {sent} executions were not answered")]
    Unanswered { unanswered: usize, sent: usize },
    /// A service did not say what it exported.
    #[error("`{last_word}` does not say how many spans were exported")]
    LastWord { last_word: String },
    /// Not everything is where it should be.
    #[error("spans are missing:\n{account}")]
    Missing { account: Account },
    /// Jaeger does not answer.
    #[error("Jaeger gave no traces")]
    Jaeger(#[from] ApiError),
}

/// What an answer says of its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) trace_id: String,
    pub(crate) sampled: bool,
}

impl Told {
    /// Reads `server-timing: traceparent;desc="00-…"`.
    pub(crate) fn by(answer: &HeaderMap) -> Option<Self> {
        let timing = answer.get("server-timing")?.to_str().ok()?;
        let traceparent = timing.strip_prefix("traceparent;desc=\"00-")?;
        let mut parts = traceparent.trim_end_matches('"').split('-');
        let (trace_id, flags) = (parts.next()?, parts.nth(1)?);
        Some(Self {
            trace_id: trace_id.to_owned(),
            sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
        })
    }
}

/// Executes automations of all users in turns.
pub(crate) async fn send(backend: &str, count: u64) -> Result<Vec<Told>, FlowsError> {
    let http = Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(30));
    let http = http
        .build()
        .expect("an HTTP client without TLS needs nothing");
    let execute = |number| {
        let user = number % USERS + 1;
        let asked = http.post(format!("{backend}/api/automations/{user}/execute"));
        async move { Told::by(asked.send().await.ok()?.headers()) }
    };
    let told: Vec<_> = stream::iter(0..count)
        .map(execute)
        .buffer_unordered(MOST_OPEN)
        .collect()
        .await;
    let sent = told.len();
    let told: Vec<Told> = told.into_iter().flatten().collect();
    match sent - told.len() {
        0 => Ok(told),
        unanswered => Err(FlowsError::Unanswered { unanswered, sent }),
    }
}

/// Where every span is.
#[derive(Debug, Default)]
pub(crate) struct Account {
    flows: usize,
    sampled_out: usize,
    /// Of the sampled ones, those of which Jaeger has everything.
    whole: usize,
    /// What is wrong with the others: of the sampled ones what they lack, of those sampled out that they are there.
    gaps: Vec<String>,
    /// Spans, as services count them.
    spans: Spans,
    /// Spans of these services in Jaeger.
    in_jaeger: u64,
    /// The whole trace with the most spans, how many they are, and over how many processes.
    longest: Option<(String, usize, usize)>,
}

/// What services' spans came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Spans {
    exported: u64,
    dropped: u64,
    left: u64,
}

/// Waits until Jaeger has all that services say they exported.
pub(crate) async fn account(
    told: &[Told],
    last_words: &[String],
    jaeger: &Jaeger,
) -> Result<Account, FlowsError> {
    let spans = Spans::told(last_words)?;
    let give_up = Instant::now() + WITHIN;
    loop {
        let account = Account::of(told, spans, &traces(jaeger).await?);
        if account.is_settled() {
            return Ok(account);
        }
        if Instant::now() >= give_up {
            return Err(FlowsError::Missing { account });
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// The traces of all services, by their ids.
async fn traces(jaeger: &Jaeger) -> Result<BTreeMap<String, Trace>, ApiError> {
    let mut traces = BTreeMap::new();
    for kind in &KINDS {
        let of_service = jaeger.traces(kind.name).await?;
        traces.extend(
            of_service
                .into_iter()
                .map(|trace| (trace.trace_id.clone(), trace)),
        );
    }
    Ok(traces)
}

impl Spans {
    fn told(last_words: &[String]) -> Result<Self, FlowsError> {
        let mut all = Self::default();
        for last_word in last_words {
            let spans = Self::read(last_word).ok_or_else(|| FlowsError::LastWord {
                last_word: last_word.clone(),
            })?;
            all.exported += spans.exported;
            all.dropped += spans.dropped;
            all.left += spans.left;
        }
        Ok(all)
    }

    /// Reads `… traces: 12 exported, 0 dropped, 0 left; …`.
    fn read(last_word: &str) -> Option<Self> {
        let (_, spans) = last_word.split_once("traces: ")?;
        let (spans, _) = spans.split_once(';')?;
        let mut numbers = spans.split(", ").zip(["exported", "dropped", "left"]);
        let mut next = || {
            let (number, of) = numbers.next()?;
            number.strip_suffix(of)?.trim().parse().ok()
        };
        Some(Self {
            exported: next()?,
            dropped: next()?,
            left: next()?,
        })
    }
}

impl Account {
    fn of(told: &[Told], spans: Spans, traces: &BTreeMap<String, Trace>) -> Self {
        let mut account = Self {
            flows: told.len(),
            sampled_out: told.iter().filter(|told| !told.sampled).count(),
            spans,
            in_jaeger: traces.values().map(|trace| trace.spans.len() as u64).sum(),
            ..Self::default()
        };
        for Told { trace_id, sampled } in told {
            match (traces.get(trace_id), sampled) {
                (Some(trace), true) => account.take(trace),
                (None, true) => account.gaps.push(format!("{trace_id}: not there")),
                (Some(_), false) => account
                    .gaps
                    .push(format!("{trace_id}: sampled out, but there")),
                (None, false) => {}
            }
        }
        account
    }

    fn take(&mut self, trace: &Trace) {
        if let Some(gap) = gap(trace) {
            self.gaps.push(format!("{}: {gap}", trace.trace_id));
            return;
        }
        self.whole += 1;
        let spans = trace.spans.len();
        if self
            .longest
            .as_ref()
            .is_none_or(|(_, most, _)| *most < spans)
        {
            self.longest = Some((trace.trace_id.clone(), spans, trace.processes.len()));
        }
    }

    /// Whether every span is in Jaeger or counted as lost, and no trace has a gap unless spans are.
    fn is_settled(&self) -> bool {
        let lost = self.spans.dropped + self.spans.left;
        self.in_jaeger == self.spans.exported && (self.gaps.is_empty() || lost > 0)
    }
}

/// What the trace lacks: a caller, or what was called and did its work.
fn gap(trace: &Trace) -> Option<String> {
    let is_root = |span: &&Span| span.references.is_empty();
    let roots = trace.spans.iter().filter(is_root).count();
    if roots != 1 {
        return Some(format!("{roots} roots"));
    }
    trace.spans.iter().find_map(|span| {
        let what = format!("`{}` of {}", span.operation_name, trace.service(span));
        if !span.references.is_empty() && trace.parent(span).is_none() {
            return Some(format!("{what} has no parent"));
        }
        let wanted = counterpart(span)?;
        let children = trace.spans.iter().filter(|child| {
            let parent = trace.parent(child);
            parent.is_some_and(|parent| parent.span_id == span.span_id)
        });
        let has = children.into_iter().any(|child| kind(child) == wanted);
        (!has).then(|| format!("{what} has no {wanted} below it"))
    })
}

/// The kind of span that the work of another process leaves below this one.
fn counterpart(span: &Span) -> Option<&'static str> {
    let goes_outside = ["GET /v2/", "POST /v2/", "lnrpc."];
    match kind(span) {
        "client"
            if goes_outside
                .iter()
                .any(|name| span.operation_name.starts_with(name)) =>
        {
            None
        }
        "client" if span.tag("db.system.name").is_some() => None,
        "client" => Some("server"),
        "producer" if span.tag("axisor.outcome") == Some(&Value::from("success")) => {
            Some("consumer")
        }
        _ => None,
    }
}

fn kind(span: &Span) -> &str {
    span.tag("span.kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            flows,
            sampled_out,
            whole,
            spans,
            in_jaeger,
            ..
        } = self;
        let Spans {
            exported,
            dropped,
            left,
        } = spans;
        writeln!(
            f,
            "{flows} flows: {sampled_out} sampled out, {whole} whole in Jaeger, {} with a gap",
            self.gaps.len()
        )?;
        write!(
            f,
            "{} spans: {exported} exported, {dropped} dropped, {left} left; {in_jaeger} in Jaeger",
            exported + dropped + left
        )?;
        if let Some((trace, spans, processes)) = &self.longest {
            write!(
                f,
                "\nthe longest: {trace}, {spans} spans over {processes} processes"
            )?;
        }
        for gap in self.gaps.iter().take(5) {
            write!(f, "\n  {gap}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_an_answer_and_a_last_word_say_is_read() {
        let timing = "traceparent;desc=\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"";
        let answer = HeaderMap::from_iter([(
            http::HeaderName::from_static("server-timing"),
            http::HeaderValue::from_static(timing),
        )]);
        let told = Told::by(&answer).expect("a trace");
        assert_eq!(told.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(told.sampled);
        let last_word = "axisor-backend ended; traces: 12 exported, 3 dropped, 1 left; metrics: 4 exported, 0 dropped, 0 left";
        let spans = Spans {
            exported: 12,
            dropped: 3,
            left: 1,
        };
        assert_eq!(Spans::read(last_word), Some(spans));
        assert_eq!(Spans::read("axisor-backend was killed"), None);
    }

    /// A trace of spans by id, parent, kind and name.
    fn trace(spans: &[(&str, &str, &str, &str)]) -> Trace {
        let spans: Vec<Value> = spans
            .iter()
            .map(|(id, parent, kind, name)| {
                let reference = json!({"refType": "CHILD_OF", "spanID": parent, "traceID": "t"});
                let references = if parent.is_empty() { json!([]) } else { json!([reference]) };
                json!({
                    "spanID": id, "operationName": name, "references": references, "processID": "p",
                    "tags": [{"key": "span.kind", "value": kind}, {"key": "axisor.outcome", "value": "success"}],
                    "startTime": 1, "duration": 1,
                })
            })
            .collect();
        let trace =
            json!({"traceID": "t", "spans": spans, "processes": {"p": {"serviceName": "s"}}});
        serde_json::from_value(trace).expect("a trace")
    }

    #[test]
    fn a_trace_without_an_end_of_a_call_has_a_gap() {
        let whole = [
            ("1", "", "server", "POST /"),
            ("2", "1", "client", "POST /jobs"),
            ("3", "2", "server", "POST /jobs"),
            ("4", "3", "producer", "send jobs"),
            ("5", "4", "consumer", "process jobs"),
            ("6", "5", "client", "lnrpc.Lightning/SendPaymentSync"),
        ];
        assert_eq!(gap(&trace(&whole)), None);
        for (without, expected) in [
            (0, "0 roots"),
            (1, "`POST /jobs` of s has no parent"),
            (2, "`POST /jobs` of s has no server below it"),
            (4, "`send jobs` of s has no consumer below it"),
        ] {
            let mut spans = whole.to_vec();
            spans.remove(without);
            assert_eq!(gap(&trace(&spans)).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_neither_in_jaeger_nor_counted_is_missing() {
        let told = [("t", true), ("out", false)].map(|(trace_id, sampled)| Told {
            trace_id: trace_id.to_owned(),
            sampled,
        });
        let one = trace(&[("1", "", "server", "POST /")]);
        let traces = BTreeMap::from([("t".to_owned(), one)]);
        let settled = |exported, dropped, traces: &BTreeMap<String, Trace>| {
            let spans = Spans {
                exported,
                dropped,
                left: 0,
            };
            Account::of(&told, spans, traces).is_settled()
        };
        assert!(settled(1, 0, &traces));
        assert!(!settled(2, 0, &traces));
        assert!(!settled(0, 0, &BTreeMap::new()));
        assert!(settled(0, 1, &BTreeMap::new()));
        let mut half = traces.clone();
        half.insert("out".to_owned(), trace(&[("2", "", "server", "POST /")]));
        assert!(!settled(2, 0, &half), "sampled out in one process alone");
    }
}
