//! A service that watches one dependency, and what is seen of it through a fault.

use std::time::{Duration, Instant};

use axisor_telemetry::health::RunningChecks;
use axisor_telemetry::{Telemetry, TelemetryBuilder};
use axisor_tests::until;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What every check is given in these tests.
pub(crate) const LIMIT: Duration = Duration::from_millis(500);
/// How much longer than its checks an answer may take.
pub(crate) const MARGIN: Duration = Duration::from_millis(100);
/// The pause between two rounds.
const REFRESH: Duration = Duration::from_millis(200);
/// The longest a change may take to be seen.
const DEADLINE: Duration = Duration::from_secs(20);

/// A telemetry without an environment, for a service whose checks have [`LIMIT`].
pub(crate) fn builder() -> TelemetryBuilder {
    let milliseconds = |time: Duration| time.as_millis().to_string();
    Telemetry::builder("axisor-backend")
        .without_environment()
        .set("health.timeout", milliseconds(LIMIT))
        .set("health.refresh", milliseconds(REFRESH))
        .set("health.max_age", "50ms")
        .set("poll.timeout", milliseconds(LIMIT))
}

/// A running service.
pub(crate) struct Watched {
    pub(crate) telemetry: Telemetry,
    url: String,
    http: reqwest::Client,
    _rounds: RunningChecks,
    serving: JoinHandle<()>,
}

/// What `/health` answered, and after how long.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) took: Duration,
}

impl Watched {
    pub(crate) async fn start(builder: TelemetryBuilder) -> Self {
        let telemetry = builder.build().expect("a telemetry");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = telemetry.router().layer(telemetry.http_layer());
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self {
            _rounds: telemetry.health().start(),
            telemetry,
            url,
            http: reqwest::Client::new(),
            serving,
        }
    }

    pub(crate) async fn health(&self) -> Answer {
        let start = Instant::now();
        let answer = self.http.get(format!("{}/health", self.url)).send().await;
        let answer = answer.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a text");
        let took = start.elapsed();
        let body = serde_json::from_str(&text).expect("JSON");
        Answer {
            status,
            body,
            text,
            took,
        }
    }

    pub(crate) async fn ready(&self) -> u16 {
        self.status("/readyz").await
    }

    pub(crate) async fn status(&self, path: &str) -> u16 {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await;
        answer.expect("an answer").status().as_u16()
    }

    /// The value of a series on the page, found by its name and labels as they are written.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        let page = self.telemetry.exposition().expect("a page");
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line?.parse().ok()
    }

    fn check(&self, check: &str) -> Option<f64> {
        self.value(&format!("axisor_health_check{{check=\"{check}\"}}"))
    }

    /// Waits, without asking `/health`, until the check's gauge has this value. Returns how long that took.
    pub(crate) async fn until_check(&self, check: &str, value: f64) -> Duration {
        let start = Instant::now();
        let what = format!("the gauge of {check} to be {value}");
        let looking = until(DEADLINE, &what, async || {
            (self.check(check) == Some(value)).then_some(())
        });
        looking.await.expect("a true gauge");
        start.elapsed()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What a fault is expected to look like.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) check: &'static str,
    /// Part of the check's `error`; none if it says unhealthy without one.
    pub(crate) error: Option<&'static str>,
}

impl Fault {
    /// Makes the fault in a service that is well, and mends it. Meanwhile everything is looked at: the gauges, which nobody's
    /// question moves; `/health` and `/readyz`; what must not be in an answer.
    pub(crate) async fn play(
        self,
        service: &Watched,
        secrets: &[&str],
        make: impl AsyncFnOnce(),
        mend: impl AsyncFnOnce(),
    ) {
        let Self { name, check, error } = self;
        service.until_check(check, 1.0).await;
        let before = service.health().await;
        assert_eq!(before.status, 200, "{name}: {}", before.text);

        make().await;
        let noticed = service.until_check(check, 0.0).await;
        let system = service.value("axisor_system_health");
        assert_eq!(system, Some(0.0), "{name}");
        tokio::time::sleep(Duration::from_millis(60)).await; // past the age an answer is given again
        let during = service.health().await;
        look_at(name, check, error, &during, secrets);
        assert_eq!(service.ready().await, 503, "{name}");

        mend().await;
        let recovered = service.until_check(check, 1.0).await;
        let after = service.health().await;
        assert_eq!(after.status, 200, "{name}: {}", after.text);
        assert_eq!(service.value("axisor_system_health"), Some(1.0), "{name}");
        let said = during.body["checks"][check]["error"].as_str();
        println!(
            "| {name} | {} `{}` | {} | {} | {} |",
            during.status,
            said.unwrap_or("-"),
            during.took.as_millis(),
            noticed.as_millis(),
            recovered.as_millis(),
        );
    }
}

fn look_at(name: &str, check: &str, error: Option<&str>, during: &Answer, secrets: &[&str]) {
    assert_eq!(during.status, 503, "{name}: {}", during.text);
    assert!(during.took < LIMIT + MARGIN, "{name}: {:?}", during.took);
    let said = during.body["checks"][check]["error"].as_str();
    match (error, said) {
        (None, None) => {}
        (Some(expected), Some(said)) => assert!(said.contains(expected), "{name}: {said}"),
        _ => panic!("{name}: expected {error:?}, said {said:?}"),
    }
    for secret in secrets.iter().chain(&["127.0.0.1", "://"]) {
        assert!(!during.text.contains(secret), "{name}: {}", during.text);
    }
}
