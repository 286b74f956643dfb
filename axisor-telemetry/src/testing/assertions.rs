//! What was recorded, and whether it is what was expected.

use super::difference::{LEGEND, assert_lines, assert_unordered, beside, did_you_mean, lines};
use super::series::Series;
use super::span::TestSpan;
use super::spans::{seen, tree};
use super::telemetry::TestTelemetry;
use crate::exposition;

impl TestTelemetry {
    /// Every series as it stands, to be compared later, or looked into.
    ///
    /// # Panics
    /// After a panic in an observable callback of the test's own.
    #[must_use]
    #[track_caller]
    pub fn series(&self) -> Series {
        Series::of(self)
    }

    /// These series have moved since the telemetry was made, by so much, and no others.
    ///
    /// A line is a series as `/metrics` has it and the difference with its sign, in any order. Of a histogram the count
    /// and the sum are told; the sum only if it is not 0.
    ///
    /// ```
    /// use axisor_telemetry::testing::TestTelemetry;
    ///
    /// let telemetry = TestTelemetry::new();
    /// telemetry.queues().set_size("mail", 3);
    /// telemetry.assert_recorded(r#"axisor_worker_queue_size{queue="mail"} +3"#);
    /// ```
    ///
    /// # Panics
    /// If others have, or by another difference.
    #[track_caller]
    pub fn assert_recorded(&self, changes: &str) {
        self.assert_changes(&self.fresh, changes);
    }

    /// These series have moved since `before`, and no others; as [`assert_recorded`](Self::assert_recorded).
    ///
    /// ```
    /// use axisor_telemetry::testing::TestTelemetry;
    ///
    /// let telemetry = TestTelemetry::new();
    /// telemetry.queues().set_size("mail", 3);
    /// let before = telemetry.series();
    /// telemetry.queues().set_size("mail", 1);
    /// telemetry.assert_changes(&before, r#"axisor_worker_queue_size{queue="mail"} -2"#);
    /// ```
    ///
    /// # Panics
    /// If others have, or by another difference.
    #[track_caller]
    pub fn assert_changes(&self, before: &Series, changes: &str) {
        let found = self.series().changes_since(before);
        assert_unordered("what was recorded is", changes, &found);
    }

    /// Each of these lines is on `/metrics`: a series and its value. There may be others.
    ///
    /// # Panics
    /// If one is not; the message shows the series that is nearest to it, and marks where they differ.
    #[track_caller]
    pub fn assert_series(&self, expected: &str) {
        let series = self.series();
        let missing = |line: &&str| !series.lines().any(|found| found == *line);
        let missing = lines(expected).into_iter().filter(missing);
        let missing: Vec<String> = missing
            .map(|line| beside(line, series.nearest(line)))
            .collect();
        assert!(
            missing.is_empty(),
            "series not as expected {LEGEND}:\n{}",
            missing.join("\n")
        );
    }

    /// The sample of this name and exactly these labels, in any order, has this value.
    ///
    /// # Panics
    /// As [`assert_series`](Self::assert_series).
    #[track_caller]
    pub fn assert_value(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        let (series, value) = (exposition::series(name, labels), exposition::number(value));
        self.assert_series(&format!("{series} {value}"));
    }

    /// The metric of this name has these samples, in any order, and no others; none for an empty text.
    ///
    /// # Panics
    /// If it has others.
    #[track_caller]
    pub fn assert_family(&self, name: &str, lines: &str) {
        let series = self.series();
        let what = format!("samples of `{name}` are");
        assert_unordered(&what, lines, &series.family(name));
    }

    /// The spans that have ended, in the order of their ends: those that are sampled, as all are unless a setting or
    /// a parent says otherwise.
    ///
    /// A span is here as soon as it has ended. That of a request ends with its answer's body, which may be after the
    /// client has read it: wait for it with [`ended`](Self::ended).
    #[must_use]
    pub fn spans(&self) -> Vec<TestSpan> {
        let all = self.spans.all();
        (0..all.len())
            .map(|at| TestSpan::new(&all, at, &self.lines))
            .collect()
    }

    /// The only span of this name that has ended.
    ///
    /// # Panics
    /// If there is none or there are several.
    #[must_use]
    #[track_caller]
    pub fn span(&self, name: &str) -> TestSpan {
        self.only(Some(name))
    }

    /// The only span that has ended.
    ///
    /// # Panics
    /// If there is none or there are several.
    #[must_use]
    #[track_caller]
    pub fn only_span(&self) -> TestSpan {
        self.only(None)
    }

    #[track_caller]
    fn only(&self, name: Option<&str>) -> TestSpan {
        let all = self.spans.all();
        let named = |at: &usize| name.is_none_or(|name| all[*at].name == name);
        let found: Vec<usize> = (0..all.len()).filter(named).collect();
        if let [at] = *found {
            return TestSpan::new(&all, at, &self.lines);
        }
        let which = name.map_or(String::new(), |name| format!(" `{name}`"));
        let meant = match name {
            Some(name) if found.is_empty() => {
                did_you_mean(name, all.iter().map(|span| &*span.name))
            }
            _ => String::new(),
        };
        let (count, seen) = (found.len(), seen(&all));
        panic!("{count} spans{which} have ended, expected one{meant}\n{seen}");
    }

    /// These spans have ended, and no others: a name a line, below its parent and two spaces further in.
    ///
    /// A failed one is written `name (error: text)`, or `name (error)` without a text. Spans of one parent, and those
    /// whose parent has not ended here, stand in the order of their ends.
    ///
    /// # Panics
    /// If others have ended, or otherwise.
    #[track_caller]
    pub fn assert_spans(&self, tree_of_spans: &str) {
        assert_lines("spans are", tree_of_spans, &tree(&self.spans.all()));
    }

    /// These lines were logged, in this order, and no others: as much as `logging.level` says, from `info` on if it
    /// says nothing.
    ///
    /// A line is `LEVEL target: message field=value`, as [`log_layer`](crate::Telemetry::log_layer) writes it for
    /// people, without time and ids: those of its trace are asked by [`TestSpan::assert_logged`].
    ///
    /// ```
    /// use axisor_telemetry::testing::TestTelemetry;
    ///
    /// let telemetry = TestTelemetry::new();
    /// telemetry.in_scope(|| tracing::warn!(target: "axisor::margin", user = 7, "margin is low"));
    /// telemetry.assert_log("WARN axisor::margin: margin is low user=7");
    /// ```
    ///
    /// # Panics
    /// If others were.
    #[track_caller]
    pub fn assert_log(&self, lines: &str) {
        assert_lines("the log is", lines, &self.log());
    }

    /// The lines that were logged, as [`assert_log`](Self::assert_log) writes them.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.lines.all()
    }

    /// These failures were told as Sentry is told of them, in this order, and no others: those of calls whose attribute
    /// says `capture`, and those of requests.
    ///
    /// A line is `span: type: text`, without the text if there is none. The feature `sentry` is not needed, and with
    /// `sentry.enabled` Sentry alone is told.
    ///
    /// ```
    /// use axisor_telemetry::testing::TestTelemetry;
    /// use axisor_telemetry::track_margin_guard;
    ///
    /// #[track_margin_guard(action = "close_position", plan = "pro", capture)]
    /// fn close_position(position: u64) -> Result<(), std::num::TryFromIntError> {
    ///     u8::try_from(position)?;
    ///     Ok(())
    /// }
    ///
    /// let telemetry = TestTelemetry::new();
    /// telemetry.in_scope(|| close_position(4_000)).unwrap_err();
    /// telemetry.assert_captured(
    ///     "close_position: core::num::error::TryFromIntError: out of range integral type conversion attempted",
    /// );
    /// ```
    ///
    /// # Panics
    /// If others were.
    #[track_caller]
    pub fn assert_captured(&self, lines: &str) {
        assert_lines("captured failures are", lines, &self.captured.all());
    }
}
