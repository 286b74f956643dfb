//! The telemetry of a test.

use std::future::Future;
use std::ops::Deref;
use std::panic::Location;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, dispatcher};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use super::captured::Captured;
use super::lines::Lines;
use super::series::Series;
use super::spans::{Spans, seen};
use crate::clock::Clock;
use crate::{Telemetry, TelemetryBuilder, logs};

/// The longest a test waits for what has to come.
const DEADLINE: Duration = Duration::from_secs(10);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// `tracing` remembers of each place in the code whether anybody wants it. As long as there is one subscriber in the
/// process, it asks only the thread that comes there first, which may belong to another test; there are always two now.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

/// A telemetry for one test: a [`Telemetry`] that touches no global and remembers its spans and log lines. Clones are
/// handles on the same one.
///
/// It does not look at the environment and exports nothing, its [`clock`](Self::clock) stands still, and health checks
/// are asked at every question (`health.max_age` is 0). It keeps all it sees as long as it lives.
///
/// [`scope`](Self::scope) and [`in_scope`](Self::in_scope) do what those of [`Telemetry`] do, and bring log lines and
/// spans of `tracing` here as well.
#[derive(Debug, Clone)]
pub struct TestTelemetry {
    telemetry: Telemetry,
    clock: Clock,
    subscriber: Dispatch,
    /// The series before anything happened.
    pub(super) fresh: Series,
    pub(super) spans: Spans,
    pub(super) lines: Lines,
    pub(super) captured: Captured,
}

impl Default for TestTelemetry {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for TestTelemetry {
    type Target = Telemetry;

    fn deref(&self) -> &Telemetry {
        &self.telemetry
    }
}

impl TestTelemetry {
    /// A telemetry as tests mostly want it, of a service called `axisor-test`.
    #[must_use]
    pub fn new() -> Self {
        Self::configured(|builder| builder)
    }

    /// The same with settings, checks, polls or exporters of the test's own.
    ///
    /// ```
    /// use axisor_telemetry::testing::TestTelemetry;
    ///
    /// let telemetry = TestTelemetry::configured(|builder| builder.set("metrics.series_bound", 1));
    /// telemetry.authentication().failed("expired");
    /// telemetry.authentication().failed("unknown");
    /// telemetry.assert_family(
    ///     "axisor_auth_failures_total",
    ///     r#"
    ///     axisor_auth_failures_total{reason="expired"} 1
    ///     axisor_auth_failures_total{reason="other"} 1
    ///     "#,
    /// );
    /// ```
    ///
    /// # Panics
    /// If it cannot be built, as with a wrong setting.
    #[must_use]
    #[track_caller]
    pub fn configured(configure: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder) -> Self {
        let clock = Clock::manual();
        let (spans, lines, captured) = <(Spans, Lines, Captured)>::default();
        let builder = Telemetry::builder("axisor-test")
            .without_environment()
            .set("health.max_age", "0")
            .clock(clock.clone())
            .span_exporter(spans.clone())
            .failures(Arc::new(captured.clone()));
        let telemetry = match configure(builder).build() {
            Ok(telemetry) => telemetry,
            Err(error) => panic!("the telemetry cannot be built: {error}"),
        };
        LazyLock::force(&SECOND);
        let log = lines.clone();
        let log = logs::taken(telemetry.config(), move |span, text| log.add(span, text));
        let subscriber = Registry::default().with(telemetry.layer()).with(log);
        Self {
            clock,
            subscriber: Dispatch::new(subscriber),
            fresh: Series::of(&telemetry),
            telemetry,
            spans,
            lines,
            captured,
        }
    }

    /// The clock that durations are measured with: it stands still until it is told to go on. With a
    /// [`clock`](TelemetryBuilder::clock) of the test's own in [`configured`](Self::configured) this one moves nothing.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use axisor_telemetry::instrument_automation;
    /// use axisor_telemetry::testing::TestTelemetry;
    ///
    /// #[instrument_automation(type = "margin_check", duration)]
    /// fn check_margin(work: impl FnOnce()) {
    ///     work();
    /// }
    ///
    /// let telemetry = TestTelemetry::new();
    /// telemetry.in_scope(|| check_margin(|| telemetry.clock().advance(Duration::from_secs(2))));
    /// telemetry.assert_series(
    ///     r#"axisor_automation_duration_seconds_sum{automation_type="margin_check",status="success"} 2"#,
    /// );
    /// ```
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Runs `function` so that whatever happens inside on this thread is recorded here: calls of annotated functions,
    /// spans and events of `tracing`.
    pub fn in_scope<R>(&self, function: impl FnOnce() -> R) -> R {
        dispatcher::with_default(&self.subscriber, || self.telemetry.in_scope(function))
    }

    /// Runs `future` so that whatever happens inside is recorded here, wherever it is polled; not what its values do when they
    /// are dropped with it before its end, unless an annotated function they belong to was under way.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let future = self.telemetry.scope(future);
        future.with_subscriber(self.subscriber.clone())
    }

    /// Waits until `condition` holds, at most ten seconds: for what other tasks and threads do in their own time.
    ///
    /// ```
    /// # use axisor_telemetry::testing::TestTelemetry;
    /// # async fn example(telemetry: TestTelemetry) {
    /// telemetry.until("both jobs", |seen| seen.spans().len() == 2).await;
    /// # }
    /// ```
    ///
    /// # Panics
    /// When the future is polled, if `condition` does not come true; the message says `what` was waited for, where, and
    /// which spans have ended. Outside a tokio runtime with time.
    #[track_caller]
    pub fn until<'a, C>(&'a self, what: &str, condition: C) -> impl Future<Output = ()> + use<'a, C>
    where
        C: FnMut(&Self) -> bool,
    {
        self.within(DEADLINE, what, condition)
    }

    /// Waits for a span of this name to end, at most ten seconds.
    ///
    /// # Panics
    /// As [`until`](Self::until).
    #[track_caller]
    pub fn ended<'a>(&'a self, name: &'a str) -> impl Future<Output = ()> + use<'a> {
        self.until(&format!("the end of `{name}`"), move |seen| {
            seen.spans().iter().any(|span| span.name == name)
        })
    }

    #[track_caller]
    fn within<'a, C>(
        &'a self,
        time: Duration,
        what: &str,
        mut condition: C,
    ) -> impl Future<Output = ()> + use<'a, C>
    where
        C: FnMut(&Self) -> bool,
    {
        let what = format!("{what}, at {}", Location::caller());
        async move {
            let deadline = Instant::now() + time;
            while !condition(self) {
                let seen = || seen(&self.spans.all());
                assert!(
                    Instant::now() < deadline,
                    "not within {time:?}: {what}\n{}",
                    seen()
                );
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use futures_util::FutureExt as _;
    use opentelemetry::trace::Tracer as _;

    use super::*;

    #[tokio::test]
    async fn what_does_not_come_is_told_with_the_place_and_with_what_did() {
        let telemetry = TestTelemetry::new();
        drop(telemetry.tracer().start("job"));
        let (file, line) = (file!(), line!() + 1);
        let never = telemetry.within(Duration::ZERO, "a trade", |_| false);
        let told = AssertUnwindSafe(never).catch_unwind().await.unwrap_err();
        let told = told.downcast_ref::<String>().expect("a text");
        let expected = format!("not within 0ns: a trade, at {file}:{line}:");
        assert!(told.starts_with(&expected), "{told}");
        assert!(told.ends_with("\nended spans:\n  job"), "{told}");
    }
}
