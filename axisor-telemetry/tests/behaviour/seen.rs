//! What a telemetry has recorded that is no [`TestTelemetry`](axisor_telemetry::testing::TestTelemetry), and waiting.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axisor_telemetry::testing::Series;
use axisor_telemetry::{Telemetry, TelemetryBuilder};

/// The longest a test waits for a condition.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// Every question asks the checks: no answer is given again.
pub(crate) fn builder() -> TelemetryBuilder {
    Telemetry::builder("axisor-test")
        .without_environment()
        .set("health.max_age", "0")
}

/// The value of one series, if it is exposed.
pub(crate) fn value(telemetry: &Telemetry, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    Series::of(telemetry).value(name, labels)
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
