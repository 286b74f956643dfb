//! What a telemetry has recorded: the value of a series, the ended spans.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axisor_telemetry::{Telemetry, TelemetryBuilder};
use opentelemetry::Value;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// The longest a test waits for a condition.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// Every question asks the checks: no answer is given again.
pub(crate) fn builder() -> TelemetryBuilder {
    Telemetry::builder("axisor-test")
        .without_environment()
        .set("health.max_age", "0")
}

/// The value of one series, if it is exposed. Labels in the order of the catalogue.
pub(crate) fn value(telemetry: &Telemetry, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let page = telemetry.exposition().expect("a page");
    let found = page.lines().find(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| has_labels(rest, labels))
    })?;
    found.rsplit_once(' ')?.1.parse().ok()
}

fn has_labels(rest: &str, labels: &[(&str, &str)]) -> bool {
    let (set, _value) = rest.rsplit_once(' ').unwrap_or(("", rest));
    let given = set.matches("=\"").count();
    given == labels.len()
        && labels
            .iter()
            .all(|(name, value)| set.contains(&format!("{name}=\"{value}\"")))
        && (set.is_empty() || set.starts_with('{'))
}

/// The lines of the exposition that begin with `name`.
pub(crate) fn samples(telemetry: &Telemetry, name: &str) -> Vec<String> {
    let page = telemetry.exposition().expect("a page");
    let lines = page.lines().filter(|line| line.starts_with(name));
    lines.map(str::to_owned).collect()
}

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    let deadline = Instant::now() + DEADLINE;
    let what = what.to_owned();
    async move {
        while !condition() {
            assert!(Instant::now() < deadline, "{what}: never, at {caller}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Spans as they ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl Spans {
    pub(crate) fn all(&self) -> Vec<SpanData> {
        self.0.lock().expect("not poisoned").clone()
    }

    pub(crate) fn named(&self, name: &str) -> Option<SpanData> {
        self.all().into_iter().find(|span| span.name == name)
    }

    /// Waits for the span of this name to end.
    #[cfg_attr(
        not(feature = "axum"),
        expect(dead_code, reason = "only a request's span ends later")
    )]
    pub(crate) async fn ended(&self, name: &str) -> SpanData {
        until(name, || self.named(name).is_some()).await;
        self.named(name).expect("just seen")
    }
}

impl SpanExporter for Spans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().expect("not poisoned").extend(batch);
        Ok(())
    }
}

/// The value of a span's attribute.
pub(crate) fn attribute(span: &SpanData, key: &str) -> Option<Value> {
    let mut with_key = span.attributes.iter().filter(|kv| kv.key.as_str() == key);
    let value = with_key.next().map(|kv| kv.value.clone());
    assert!(with_key.next().is_none(), "`{key}` is there twice");
    value
}

/// What was logged on this thread.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Logs here until the guard is dropped.
    pub(crate) fn install(&self) -> tracing::subscriber::DefaultGuard {
        let lines = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .with_writer(move || lines.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().expect("not poisoned").clone();
        String::from_utf8(bytes).expect("text")
    }

    /// The level of each line.
    pub(crate) fn levels(&self) -> Vec<String> {
        let text = self.text();
        let words = text.split_whitespace();
        let levels = words.filter(|word| ["WARN", "INFO"].contains(word));
        levels.map(str::to_owned).collect()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
