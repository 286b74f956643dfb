//! Lines: what stands in them, which trace they belong to, what is not in them.

use std::io;
use std::sync::{Arc, Mutex};

use axisor_telemetry::testing::TestTelemetry;
use axisor_telemetry::{Telemetry, TelemetryBuilder, instrument_automation};
use opentelemetry::trace::{FutureExt as _, SpanContext, TraceContextExt as _};
use opentelemetry::{Context, trace::Tracer as _};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

/// What was written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().expect("not poisoned").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    /// Every line as JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).expect(line);
        self.text().lines().map(parse).collect()
    }

    /// The only line with this message.
    #[track_caller]
    pub(crate) fn line(&self, message: &str) -> Value {
        let all = self.lines();
        let mut found = all.iter().filter(|line| line["message"] == message);
        let line = found.next().cloned();
        assert!(found.next().is_none(), "twice: {message}");
        line.unwrap_or_else(|| panic!("no `{message}` in {all:#?}"))
    }
}

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Page {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A telemetry, and what is logged while a closure runs.
struct Logged {
    telemetry: TestTelemetry,
    page: Page,
}

impl Logged {
    fn new(configure: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder) -> Self {
        Self {
            telemetry: TestTelemetry::configured(configure),
            page: Page::default(),
        }
    }

    fn while_<R>(&self, run: impl FnOnce() -> R) -> R {
        let subscriber = tracing_subscriber::registry()
            .with(self.telemetry.layer())
            .with(self.telemetry.log_layer(self.page.clone()));
        tracing::subscriber::with_default(subscriber, || Telemetry::in_scope(&self.telemetry, run))
    }
}

fn logged(run: impl FnOnce()) -> Page {
    let logged = Logged::new(|builder| builder);
    logged.while_(run);
    logged.page
}

fn with(key: &'static str, value: &'static str, run: impl FnOnce()) -> Page {
    let logged = Logged::new(|builder| builder.set(key, value));
    logged.while_(run);
    logged.page
}

fn here() -> SpanContext {
    Context::current().span().span_context().clone()
}

#[track_caller]
fn assert_in(line: &Value, span: &SpanContext) {
    assert!(span.is_valid());
    assert_eq!(line["trace_id"], span.trace_id().to_string(), "{line}");
    assert_eq!(line["span_id"], span.span_id().to_string(), "{line}");
}

#[track_caller]
fn assert_in_no_trace(line: &Value) {
    let object = line.as_object().expect("an object");
    assert!(
        !object.contains_key("trace_id") && !object.contains_key("span_id"),
        "{line}"
    );
}

#[instrument_automation(type = "margin_check")]
fn check_margin() -> SpanContext {
    tracing::info!("inside");
    here()
}

mod shape {
    use super::*;

    #[test]
    fn names_stand_in_their_order() {
        let page = logged(|| {
            tracing::warn!(target: "axisor::margin", user = 17_u64, ratio = 0.5, "margin is low");
        });
        let text = page.text();
        let (timestamp, rest) = text.split_once("\",\"level\"").expect("a level");
        assert_eq!(
            rest,
            ":\"WARN\",\"target\":\"axisor::margin\",\"message\":\"margin is low\",\"service\":\"axisor-test\",\
             \"fields\":{\"user\":17,\"ratio\":0.5}}\n"
        );
        let timestamp = timestamp.strip_prefix("{\"timestamp\":\"").expect("one");
        assert!(
            timestamp.ends_with('Z') && timestamp.len() == 27,
            "{timestamp}"
        );
        timestamp.parse::<jiff::Timestamp>().expect("RFC 3339");
    }

    #[test]
    fn values_keep_their_types() {
        let page = logged(|| {
            tracing::info!(
                flag = true,
                negative = -1,
                large = u64::MAX,
                nothing = f64::NAN,
                text = "a\nb\u{1b}",
                shown = %"x",
                debug = ?Some("x"),
                "values"
            );
        });
        let expected = json!({
            "flag": true, "negative": -1, "large": u64::MAX, "nothing": "NaN", "text": "a\nb\u{1b}",
            "shown": "x", "debug": "Some(\"x\")",
        });
        assert_eq!(page.line("values")["fields"], expected);
        assert_eq!(page.text().lines().count(), 1);
    }

    #[test]
    fn a_field_named_like_ours_does_not_break_the_object() {
        let page = logged(|| {
            tracing::info!(
                level = "user's",
                service = "theirs",
                trace_id = 1,
                fields = 2,
                timestamp = 3,
                "m"
            );
        });
        let line = page.line("m");
        assert_eq!(
            (&line["level"], &line["service"]),
            (&json!("INFO"), &json!("axisor-test"))
        );
        assert_in_no_trace(&line);
        let expected = json!({"level": "user's", "service": "theirs", "trace_id": 1, "fields": 2, "timestamp": 3});
        assert_eq!(line["fields"], expected);
    }

    #[test]
    fn an_event_without_message_and_fields_has_both_empty() {
        let page = logged(|| tracing::info!(answer = 42));
        let line = page.line("");
        assert_eq!(line["fields"], json!({"answer": 42}));
        let page = logged(|| tracing::info!("only a message"));
        assert_eq!(page.line("only a message")["fields"], json!({}));
    }

    #[test]
    fn an_error_shows_its_text_and_a_debug_that_panics_costs_nothing() {
        struct Broken;
        impl std::fmt::Debug for Broken {
            fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                panic!("a debug that panics")
            }
        }
        let page = logged(|| {
            let error: &(dyn std::error::Error + 'static) = &io::Error::other("no route");
            tracing::error!(error, broken = ?Broken, "failed");
        });
        let expected = json!({"error": "no route", "broken": ""});
        assert_eq!(page.line("failed")["fields"], expected);
    }

    #[test]
    fn the_level_is_the_configurations() {
        let page = with("logging.level", "warn,axisor::margin=debug", || {
            tracing::info!("left out");
            tracing::debug!(target: "axisor::margin", "in");
            tracing::warn!("in too");
        });
        let messages = page.lines();
        let messages: Vec<_> = messages.iter().map(|line| &line["message"]).collect();
        assert_eq!(messages, ["in", "in too"]);
    }

    #[test]
    fn a_pretty_line_is_one_of_words() {
        let page = with("logging.format", "pretty", || {
            tracing::info!(target: "axisor", plan = "pro", note = "two words", "added\u{1b}[2J\nfake");
        });
        let text = page.text();
        let (_, rest) = text.split_once(' ').expect("a time");
        assert_eq!(
            rest,
            " INFO axisor: added\\u{1b}[2J\n    fake plan=pro note=\"two words\"\n"
        );
    }

    #[test]
    fn a_pretty_line_has_the_ids_of_its_trace() {
        let logged = Logged::new(|builder| builder.set("logging.format", "pretty"));
        let span = logged.while_(check_margin);
        let ids = format!(" trace_id={} span_id={}\n", span.trace_id(), span.span_id());
        let text = logged.page.text();
        assert!(text.ends_with(&ids), "{text}");
    }
}

mod traces {
    use super::*;

    #[test]
    fn outside_of_any_the_ids_are_absent() {
        let page = logged(|| tracing::info!("outside"));
        assert_in_no_trace(&page.line("outside"));
    }

    #[test]
    fn inside_an_annotated_function_they_are_its_spans() {
        let logged = Logged::new(|builder| builder);
        let span = logged.while_(check_margin);
        assert_in(&logged.page.line("inside"), &span);
        let exported = logged.telemetry.only_span();
        assert_in(&logged.page.line("inside"), &exported.span_context);
    }

    #[test]
    fn a_trace_that_is_not_sampled_has_ids_all_the_same() {
        for sampler in ["always_off", "parentbased_always_off"] {
            let logged = Logged::new(|builder| builder.set("traces.sampler", sampler));
            let span = logged.while_(check_margin);
            assert!(!span.is_sampled(), "{sampler}");
            assert_in(&logged.page.line("inside"), &span);
        }
    }

    #[test]
    fn spans_of_tracing_and_annotated_functions_nest_either_way() {
        let logged = Logged::new(|builder| builder);
        logged.while_(|| {
            let outer = tracing::info_span!("outer").entered();
            tracing::info!("before");
            check_margin();
            drop(outer);
        });
        let (before, inside) = (logged.page.line("before"), logged.page.line("inside"));
        assert_eq!(before["trace_id"], inside["trace_id"]);
        assert_ne!(before["span_id"], inside["span_id"]);
        assert_in(&before, &logged.telemetry.span("outer").span_context);

        #[instrument_automation(type = "outer")]
        fn annotated() {
            tracing::info_span!("inner").in_scope(|| tracing::info!("in a tracing span"));
        }
        logged.while_(annotated);
        let inner = logged.telemetry.span("inner");
        assert_in(&logged.page.line("in a tracing span"), &inner.span_context);
    }

    #[test]
    fn an_event_may_name_the_span_it_belongs_to_though_nobody_entered_it() {
        let logged = Logged::new(|builder| builder);
        logged.while_(|| {
            let span = tracing::info_span!("elsewhere");
            tracing::info!(parent: &span, "of another");
            tracing::info!("of none");
            check_margin();
        });
        let span = logged.telemetry.span("elsewhere");
        assert_in(&logged.page.line("of another"), &span.span_context);
        assert_in_no_trace(&logged.page.line("of none"));
    }

    #[test]
    fn an_event_that_names_no_parent_is_in_no_trace() {
        let page = logged(|| {
            tracing::info_span!("a").in_scope(|| tracing::info!(parent: None, "apart"));
        });
        assert_in_no_trace(&page.line("apart"));
    }

    #[test]
    fn a_span_made_by_hand_counts() {
        let logged = Logged::new(|builder| builder);
        let tracer = logged.telemetry.tracer();
        let span = logged.while_(|| {
            tracer.in_span("by hand", |context| {
                tracing::info!("in it");
                context.span().span_context().clone()
            })
        });
        assert_in(&logged.page.line("in it"), &span);
    }

    /// A subscriber of its own for the thread, and for tasks of a runtime that has no other.
    #[test]
    fn a_spawned_task_that_was_given_the_context_keeps_the_trace() {
        #[instrument_automation(type = "spawning")]
        async fn spawning() -> SpanContext {
            let task = async {
                tokio::task::yield_now().await;
                tracing::info!("in a task");
            };
            tokio::spawn(task.with_current_context())
                .await
                .expect("no panic");
            here()
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        let logged = Logged::new(|builder| builder);
        let span = logged.while_(|| runtime.block_on(spawning()));
        assert_in(&logged.page.line("in a task"), &span);
    }

    #[cfg(feature = "axum")]
    #[test]
    fn a_handler_is_in_the_trace_of_its_request() {
        use axum::Router;
        use axum::body::Body;
        use axum::http::Request;
        use axum::routing::get;
        use tower::ServiceExt as _;

        let logged = Logged::new(|builder| builder);
        let app = Router::new()
            .route("/", get(|| async { tracing::info!("in a handler") }))
            .layer(logged.telemetry.http_layer());
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let request = Request::get("/")
            .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
            .body(Body::empty())
            .expect("a request");
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        logged.while_(|| runtime.block_on(app.oneshot(request)).expect("an answer"));
        let span = logged.telemetry.span("GET /");
        assert_eq!(span.span_context.trace_id().to_string(), trace);
        assert_in(&logged.page.line("in a handler"), &span.span_context);
    }
}

mod secrets {
    use super::*;

    #[test]
    fn no_line_shows_one() {
        for format in ["json", "pretty"] {
            let page = with("logging.format", format, || {
                let dsn = "postgres://axisor:hunter2@db/axisor";
                tracing::error!(error = %dsn, "cannot reach {dsn}");
                tracing::error!(header = ?("authorization", "Bearer hunter2"), "refused");
                tracing::error!(password = "hunter2", api_key = ?Some("hunter2"), pin_token = 31_415_926_535_u64, "typed");
            });
            let text = page.text();
            assert!(
                !text.contains("hunter2") && !text.contains("31415926535"),
                "{text}"
            );
            assert!(
                text.contains("cannot reach postgres://[redacted]@db/axisor"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_long_text_is_cut_far_beyond_what_anybody_reads() {
        let page = logged(|| tracing::info!(long = "word ".repeat(100_000), "short"));
        let text = page.line("short")["fields"]["long"].to_string();
        assert!((8_000..9_000).contains(&text.len()), "{}", text.len());
    }
}
