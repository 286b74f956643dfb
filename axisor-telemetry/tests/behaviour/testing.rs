//! The test kit: what its assertions let pass, what they say when they fail, and whose calls they see.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Once};
use std::thread;
use std::time::Duration;

use axisor_telemetry::testing::TestTelemetry;
use axisor_telemetry::{Clock, instrument_automation, track_margin_guard};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{
    FutureExt as _, SpanContext, SpanKind, Status, TraceContextExt as _, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use tracing::instrument::WithSubscriber as _;

#[instrument_automation(type = "margin_check", duration(buckets = [1.0]))]
async fn check_margin(margin: u64) -> Result<(), &'static str> {
    tracing::info!(target: "axisor::margin", margin, "checking");
    tokio::task::yield_now().await;
    if margin < 1_000 {
        add_margin("pro", 5_000).await?;
    }
    Ok(())
}

#[track_margin_guard(action = "add_margin", plan = plan)]
async fn add_margin(plan: &str, sats: u64) -> Result<(), &'static str> {
    tracing::warn!(target: "axisor::margin", "margin is low");
    if plan == "free" || sats > 4_000 {
        return Err("the wallet is empty");
    }
    Ok(())
}

#[instrument_automation(type = "tick")]
fn tick() {}

/// A telemetry that has seen a check that succeeded and one that failed.
fn checked() -> TestTelemetry {
    let telemetry = TestTelemetry::new();
    block_on(telemetry.scope(async {
        check_margin(5_000).await.unwrap();
        check_margin(200).await.unwrap_err();
    }));
    telemetry
}

fn block_on<F: Future>(future: F) -> F::Output {
    block_on_a(tokio::runtime::Builder::new_current_thread(), future)
}

fn block_on_a<F: Future>(mut flavour: tokio::runtime::Builder, future: F) -> F::Output {
    let runtime = flavour.enable_time().build().expect("a runtime");
    runtime.block_on(future)
}

thread_local! {
    /// The file in which this thread panicked last.
    static PANICKED_IN: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What an assertion says that must fail, and does so where it was made.
#[track_caller]
fn message<R>(assertion: impl FnOnce() -> R) -> String {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let shown = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let file = panic.location().map_or("", |location| location.file());
            PANICKED_IN.set(file.to_owned());
            shown(panic);
        }));
    });
    let failed = catch_unwind(AssertUnwindSafe(assertion)).err();
    let failed = failed.expect("it must fail");
    assert_eq!(PANICKED_IN.take(), file!(), "where it points to");
    match failed.downcast::<String>() {
        Ok(message) => *message,
        Err(other) => (*other.downcast_ref::<&str>().expect("a text")).to_owned(),
    }
}

#[track_caller]
fn assert_message<R>(assertion: impl FnOnce() -> R, expected: &str) {
    assert_eq!(message(assertion), expected);
}

mod series {
    use super::*;

    #[test]
    fn all_that_was_recorded_is_told_and_nothing_else() {
        let telemetry = checked();
        telemetry.assert_recorded(
            r#"
            axisor_automation_executions_total{automation_type="margin_check",status="success"} +1
            axisor_automation_executions_total{automation_type="margin_check",status="failure"} +1
            axisor_automation_duration_seconds_count{automation_type="margin_check",status="failure"} +1
            axisor_automation_duration_seconds_count{automation_type="margin_check",status="success"} +1
            "#,
        );
        let executions =
            r#"axisor_automation_executions_total{automation_type="margin_check",status="#;
        let seconds =
            r#"axisor_automation_duration_seconds_count{automation_type="margin_check",status="#;
        let expected = format!("{executions}\"success\"}} +2\n{seconds}\"failure\"}} +1");
        assert_message(
            || telemetry.assert_recorded(&expected),
            &format!(
                "what was recorded is not as expected (-: expected, +: found):\n\
                 \x20 {seconds}\"failure\"}} +1\n\
                 - {executions}\"success\"}} +2\n\
                 + {seconds}\"success\"}} +1\n\
                 + {executions}\"failure\"}} +1\n\
                 + {executions}\"success\"}} +1\n"
            ),
        );
    }

    #[test]
    fn changes_are_those_since_the_moment_given() {
        let telemetry = checked();
        telemetry.queues().set_size("mail", 3);
        let before = telemetry.series();
        telemetry.assert_changes(&before, "");
        telemetry.queues().set_size("mail", 1);
        telemetry.queues().set_size("sms", 0);
        telemetry.in_scope(tick);
        telemetry.assert_changes(
            &before,
            r#"
            axisor_worker_queue_size{queue="mail"} -2
            axisor_automation_executions_total{automation_type="tick",status="success"} +1
            "#,
        );
        assert_message(
            || telemetry.assert_changes(&telemetry.series(), "axisor_active_users +1"),
            "what was recorded is not as expected (-: expected, +: found):\n- axisor_active_users +1\n",
        );
    }

    #[test]
    fn of_a_histogram_count_and_sum_have_changed() {
        let telemetry = TestTelemetry::new();
        let page = |seconds| {
            let loaded = Duration::from_secs_f64(seconds);
            telemetry.pages().loaded("/trades", loaded);
        };
        page(0.75);
        let before = telemetry.series();
        page(1.5);
        telemetry.assert_changes(
            &before,
            r#"
            axisor_page_load_duration_seconds_count{page="/trades"} +1
            axisor_page_load_duration_seconds_sum{page="/trades"} +1.5
            "#,
        );
    }

    #[test]
    fn a_series_with_another_value_is_shown_beside_the_expected() {
        let telemetry = checked();
        telemetry.assert_series(
            r#"
            axisor_automation_executions_total{automation_type="margin_check",status="success"} 1
            axisor_automation_executions_total{automation_type="margin_check",status="failure"} 1
            axisor_active_users 0
            "#,
        );
        assert_message(
            || {
                telemetry.assert_series(
                    r#"
                    axisor_active_users 0
                    axisor_automation_executions_total{automation_type="margin_check",status="success"} 2
                    axisor_system_health 1
                    "#,
                );
            },
            r#"series not as expected (-: expected, +: found):
- axisor_automation_executions_total{automation_type="margin_check",status="success"} 2
+ axisor_automation_executions_total{automation_type="margin_check",status="success"} 1
                                                                                      ^
- axisor_system_health 1
+ axisor_system_health 0
                       ^"#,
        );
    }

    #[test]
    fn a_series_with_another_label_or_name_is_the_nearest() {
        let telemetry = TestTelemetry::new();
        telemetry.in_scope(tick);
        telemetry.margin_guard().record("add_margin", "pro");
        assert_message(
            || {
                telemetry.assert_series(
                    r#"axisor_automation_executions_total{automation_type="tick",status="failure"} 1"#,
                );
            },
            r#"series not as expected (-: expected, +: found):
- axisor_automation_executions_total{automation_type="tick",status="failure"} 1
+ axisor_automation_executions_total{automation_type="tick",status="success"} 1
                                                                    ^^^^^^^"#,
        );
        assert_message(
            || {
                telemetry.assert_series(
                    r#"axisor_margin_guard_action_total{action_type="add_margin",user_plan="pro"} 1"#,
                );
            },
            r#"series not as expected (-: expected, +: found):
- axisor_margin_guard_action_total{action_type="add_margin",user_plan="pro"} 1
+ axisor_margin_guard_actions_total{action_type="add_margin",user_plan="pro"} 1
                            ^"#,
        );
        assert_message(
            || telemetry.assert_series("x 1"),
            "series not as expected (-: expected, +: found):\n- x 1\n+ nothing like it",
        );
    }

    #[test]
    fn a_value_is_asked_with_labels_in_any_order_and_any_text() {
        let telemetry = TestTelemetry::new();
        let (action, plan) = ("add \"2\"\\\n", "pro}");
        telemetry.margin_guard().record(action, plan);
        let name = "axisor_margin_guard_actions_total";
        telemetry.assert_value(name, &[("user_plan", plan), ("action_type", action)], 1.0);
        telemetry.assert_value("axisor_active_users", &[], 0.0);
        assert_message(
            || telemetry.assert_value(name, &[("user_plan", plan)], 1.0),
            "series not as expected (-: expected, +: found):\n\
             - axisor_margin_guard_actions_total{user_plan=\"pro}\"} 1\n\
             + axisor_margin_guard_actions_total{action_type=\"add \\\"2\\\"\\\\\\n\",user_plan=\"pro}\"} 1\n\
             \x20                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        );
        let series = telemetry.series();
        assert_eq!(series.value(name, &[("user_plan", plan)]), None);
        let labels = [("action_type", action), ("user_plan", plan)];
        assert_eq!(series.value(name, &labels), Some(1.0));
    }

    #[test]
    fn values_that_are_not_numbers_and_a_buckets_bound_can_be_asked() {
        let telemetry = TestTelemetry::new();
        let gauge = telemetry.gauge("axisor_ratio", "Ratio", &[]).unwrap();
        let gauge = gauge.with(()).unwrap();
        for value in [f64::INFINITY, f64::NEG_INFINITY, 1e21, -0.5] {
            gauge.set(value);
            telemetry.assert_value("axisor_ratio", &[], value);
            assert_eq!(telemetry.series().value("axisor_ratio", &[]), Some(value));
        }
        gauge.set(f64::NAN);
        telemetry.assert_value("axisor_ratio", &[], f64::NAN);
        telemetry.pages().loaded("/trades", Duration::from_secs(3));
        let bucket = "axisor_page_load_duration_seconds_bucket";
        telemetry.assert_value(bucket, &[("le", "5"), ("page", "/trades")], 1.0);
    }

    #[test]
    fn a_family_is_all_its_samples_and_no_others() {
        let telemetry = TestTelemetry::new();
        let name = "axisor_automation_duration_seconds";
        telemetry.assert_family(name, "");
        block_on(telemetry.scope(async {
            let checking = check_margin(5_000);
            telemetry.clock().advance(Duration::from_secs(7)); // before it begins
            checking.await.unwrap();
        }));
        let lines = r#"
            axisor_automation_duration_seconds_bucket{automation_type="margin_check",status="success",le="1"} 1
            axisor_automation_duration_seconds_bucket{automation_type="margin_check",status="success",le="+Inf"} 1
            axisor_automation_duration_seconds_sum{automation_type="margin_check",status="success"} 0
            axisor_automation_duration_seconds_count{automation_type="margin_check",status="success"} 1
        "#;
        telemetry.assert_family(name, lines);
        telemetry.assert_family("axisor_automation_duration_second", "");
        telemetry.queues().set_size("mail", 3);
        telemetry.queues().set_size("sms", 2);
        assert_message(
            || {
                telemetry.assert_family(
                    "axisor_worker_queue_size",
                    r#"
                    axisor_worker_queue_size{queue="sms"} 2
                    axisor_worker_queue_size{queue="mail"} 4
                    "#,
                );
            },
            r#"samples of `axisor_worker_queue_size` are not as expected (-: expected, +: found):
- axisor_worker_queue_size{queue="mail"} 4
+ axisor_worker_queue_size{queue="mail"} 3
  axisor_worker_queue_size{queue="sms"} 2
"#,
        );
    }

    #[test]
    fn nothing_can_be_collected_after_a_callback_that_panics_and_the_test_is_told() {
        let telemetry = TestTelemetry::new();
        let meter = telemetry.meter_provider().meter("user");
        let gauge = meter.f64_observable_gauge("broken");
        let _gauge = gauge.with_callback(|_| panic!("broken")).build();
        let told = message(|| telemetry.series());
        assert!(told.starts_with("metrics cannot be collected"), "{told}");
    }
}

mod spans {
    use super::*;

    #[test]
    fn they_are_compared_as_a_tree() {
        let telemetry = checked();
        telemetry.assert_spans(
            "
            check_margin
            check_margin (error: the wallet is empty)
              add_margin (error: the wallet is empty)
            ",
        );
        assert_message(
            || {
                telemetry.assert_spans(
                    "
                    check_margin
                    check_margin
                      add_margin (error: the wallet is empty)
                    tick
                    ",
                );
            },
            "spans are not as expected (-: expected, +: found):
  check_margin
- check_margin
+ check_margin (error: the wallet is empty)
    add_margin (error: the wallet is empty)
- tick
",
        );
    }

    #[test]
    fn one_span_is_looked_at_closely() {
        let telemetry = TestTelemetry::new();
        let elsewhere = telemetry
            .tracer()
            .in_span("elsewhere", |context| context.span().span_context().clone());
        telemetry.in_scope(|| {
            telemetry.tracer().in_span("job", |context| {
                let span = context.span();
                span.add_link(elsewhere.clone(), Vec::new());
                span.add_event("retried", vec![KeyValue::new("attempt", 2)]);
                block_on(add_margin("free", 5)).unwrap_err();
            });
        });
        telemetry
            .span("add_margin")
            .assert_child_of("job")
            .assert_kind(&SpanKind::Internal)
            .assert_status(&Status::error("the wallet is empty"))
            .assert_attribute("axisor.outcome", "failure")
            .assert_no_attribute("sats")
            .assert_event("exception", &[])
            .assert_logged("WARN axisor::margin: margin is low");
        let job = telemetry.span("job");
        job.assert_root()
            .assert_link(&elsewhere)
            .assert_event("retried", &[KeyValue::new("attempt", 2)]);
        assert_eq!(job.events.len(), 1);
        assert!(
            telemetry
                .span("elsewhere")
                .attribute("axisor.outcome")
                .is_none()
        );
    }

    #[test]
    fn a_span_that_is_not_the_only_one_of_its_name_is_not_given() {
        let telemetry = checked();
        let tree = "ended spans:
  check_margin
  check_margin (error: the wallet is empty)
    add_margin (error: the wallet is empty)";
        assert_message(
            || telemetry.span("chek_margin"),
            &format!(
                "0 spans `chek_margin` have ended, expected one; did you mean `check_margin`?\n{tree}"
            ),
        );
        assert_message(
            || telemetry.span("POST /trades"),
            &format!("0 spans `POST /trades` have ended, expected one\n{tree}"),
        );
        assert_message(
            || telemetry.span("check_margin"),
            &format!("2 spans `check_margin` have ended, expected one\n{tree}"),
        );
        assert_message(
            || TestTelemetry::new().span("check_margin"),
            "0 spans `check_margin` have ended, expected one\nno span has ended",
        );
    }

    #[test]
    fn the_only_span_is_given_whatever_its_name() {
        let telemetry = TestTelemetry::new();
        assert_message(
            || telemetry.only_span(),
            "0 spans have ended, expected one\nno span has ended",
        );
        telemetry.in_scope(tick);
        telemetry.only_span().assert_root();
        telemetry.in_scope(tick);
        assert_message(
            || telemetry.only_span(),
            "2 spans have ended, expected one\nended spans:\n  tick\n  tick",
        );
        for span in telemetry.spans() {
            assert_eq!(span.name, "tick");
        }
    }

    #[test]
    fn what_an_attribute_is_instead_is_told() {
        let telemetry = TestTelemetry::new();
        let tracer = telemetry.tracer();
        let attributes = [
            KeyValue::new("text", "1"),
            KeyValue::new("whole", 1),
            KeyValue::new("float", 1.0),
        ];
        let builder = tracer.span_builder("by hand");
        drop(builder.with_attributes(attributes).start(&tracer));
        let span = telemetry.span("by hand");
        span.assert_attribute("text", "1")
            .assert_attribute("whole", 1)
            .assert_attribute("float", 1.0);
        let all = "all attributes:\n  text = \"1\"\n  whole = 1\n  float = 1.0";
        let head = "(-: expected, +: found):";
        assert_message(
            || span.assert_attribute("whole", "1"),
            &format!("span `by hand`: attribute `whole` {head}\n- \"1\"\n+ 1\n{all}"),
        );
        assert_message(
            || span.assert_attribute("float", 1),
            &format!("span `by hand`: attribute `float` {head}\n- 1\n+ 1.0\n{all}"),
        );
        assert_message(
            || span.assert_attribute("flot", 1.0),
            &format!(
                "span `by hand`: attribute `flot` {head}\n- 1.0\n\
                 + no such attribute; did you mean `float`?\n{all}"
            ),
        );
        let twice = [KeyValue::new("twice", 1), KeyValue::new("twice", 2)];
        let builder = tracer.span_builder("doubled").with_attributes(twice);
        drop(builder.start(&tracer));
        let doubled = telemetry.span("doubled");
        assert_eq!(doubled.attribute("twice"), Some(&2.into()));
        assert_message(
            || doubled.assert_attribute("twice", 2),
            &format!(
                "span `doubled`: attribute `twice` {head}\n- 2\n+ 1\n+ 2\n\
                 all attributes:\n  twice = 1\n  twice = 2"
            ),
        );
        assert_message(
            || span.assert_no_attribute("text"),
            &format!(
                "span `by hand`: attribute `text` {head}\n- no such attribute\n+ \"1\"\n{all}"
            ),
        );
    }

    #[test]
    fn which_parent_kind_status_event_link_or_line_it_is_instead_is_told() {
        let telemetry = checked();
        let span = telemetry.span("add_margin");
        let tree = "ended spans:
  check_margin
  check_margin (error: the wallet is empty)
    add_margin (error: the wallet is empty)";
        let head = |what| format!("span `add_margin`: {what} (-: expected, +: found):");
        let says = |assertion: &dyn Fn() -> _, what, rest: &str| {
            assert_eq!(message(assertion), format!("{}\n{rest}", head(what)));
        };
        let parent = format!("- `tick`\n+ `check_margin`\n{tree}");
        says(&|| span.assert_child_of("tick"), "parent", &parent);
        let root = format!("- none\n+ `check_margin`\n{tree}");
        says(&|| span.assert_root(), "parent", &root);
        says(
            &|| span.assert_kind(&SpanKind::Server),
            "kind",
            "- Server\n+ Internal",
        );
        says(
            &|| span.assert_status(&Status::Unset),
            "status",
            "- Unset\n+ Error { description: \"the wallet is empty\" }",
        );
        let attempt = [KeyValue::new("exception.message", "none")];
        says(
            &|| span.assert_event("exception", &attempt),
            "events",
            "- exception exception.message = \"none\"\n\
             + exception exception.type = \"&str\", exception.message = \"the wallet is empty\"",
        );
        let own = &span.span_context;
        let link = format!(
            "- trace {} span {}\n+ no link",
            own.trace_id(),
            own.span_id()
        );
        says(&|| span.assert_link(own), "links", &link);
        says(
            &|| span.assert_logged("INFO axisor::margin: checking margin=200"),
            "log",
            "- INFO axisor::margin: checking margin=200\n+ WARN axisor::margin: margin is low",
        );
    }

    #[test]
    fn a_parent_that_has_not_ended_or_is_elsewhere_is_told() {
        let told = |parent: Context| {
            let telemetry = TestTelemetry::new();
            let _within = parent.attach();
            telemetry.in_scope(tick);
            let span = telemetry.only_span();
            message(|| span.assert_child_of("job"))
        };
        let head = "span `tick`: parent (-: expected, +: found):\n- `job`\n+";
        let running = Context::new().with_span(TestTelemetry::new().tracer().start("job"));
        assert_eq!(
            told(running.clone()),
            format!("{head} a span that has not ended\nended spans:\n  tick")
        );
        let here = running.span().span_context().clone();
        let (trace, span, sampled) = (here.trace_id(), here.span_id(), here.trace_flags());
        let elsewhere = SpanContext::new(trace, span, sampled, true, TraceState::NONE);
        assert_eq!(
            told(Context::new().with_remote_span_context(elsewhere)),
            format!("{head} a span of another process\nended spans:\n  tick")
        );
        assert_eq!(
            told(Context::new()),
            format!("{head} none\nended spans:\n  tick")
        );
    }

    #[tokio::test]
    async fn what_another_thread_does_is_waited_for() {
        let telemetry = TestTelemetry::new();
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let other = telemetry.clone();
        let working = thread::spawn(move || {
            gone.recv().unwrap();
            other.in_scope(tick);
        });
        let mut looks = 0;
        let ticked = telemetry.until("a tick", |seen| {
            looks += 1;
            if looks == 2 {
                go.send(()).unwrap();
            }
            !seen.spans().is_empty()
        });
        ticked.await;
        telemetry.ended("tick").await;
        telemetry.span("tick").assert_root();
        working.join().unwrap();
    }
}

mod log {
    use super::*;

    #[test]
    fn lines_are_compared_in_their_order() {
        let telemetry = checked();
        telemetry.assert_log(
            "
            INFO axisor::margin: checking margin=5000
            INFO axisor::margin: checking margin=200
            WARN axisor::margin: margin is low
            ",
        );
        assert_message(
            || telemetry.assert_log("WARN axisor::margin: margin is low"),
            "the log is not as expected (-: expected, +: found):
+ INFO axisor::margin: checking margin=5000
+ INFO axisor::margin: checking margin=200
  WARN axisor::margin: margin is low
",
        );
    }

    #[test]
    fn a_line_has_neither_secrets_nor_what_the_level_leaves_out() {
        let telemetry = TestTelemetry::configured(|builder| builder.set("logging.level", "debug"));
        telemetry.in_scope(|| {
            tracing::debug!(target: "axisor", password = "hunter2", "two\nlines");
            tracing::trace!(target: "axisor", "too much");
        });
        telemetry.assert_log(
            "
            DEBUG axisor: two
                lines password=[redacted]
            ",
        );
    }

    #[test]
    fn blanks_at_the_ends_of_lines_do_not_count() {
        let telemetry = TestTelemetry::new();
        telemetry.in_scope(|| tracing::info!(target: "axisor", "a \n\nb\n"));
        telemetry.assert_log(
            "
            INFO axisor: a

                b
            ",
        );
    }

    #[test]
    fn spans_of_tracing_are_spans_here() {
        let telemetry = TestTelemetry::new();
        telemetry.in_scope(|| tracing::info_span!("outer").in_scope(tick));
        telemetry.assert_spans("outer\n  tick");
    }
}

mod captured {
    use super::*;

    #[track_margin_guard(action = "close_position", plan = "pro", capture)]
    fn close_position(end: &str) -> Result<(), std::fmt::Error> {
        match end {
            "panic" => panic!("as it does"),
            "refused" => Err(std::fmt::Error),
            _ => Ok(()),
        }
    }

    #[test]
    fn failures_of_calls_that_ask_for_it_are_told_in_their_order() {
        let telemetry = checked(); // asks for nothing
        telemetry.assert_captured("");
        telemetry.in_scope(|| {
            close_position("refused").unwrap_err();
            catch_unwind(|| close_position("panic")).unwrap_err();
            close_position("closed").unwrap();
        });
        let refused =
            "close_position: core::fmt::Error: an error occurred when formatting an argument";
        telemetry.assert_captured(&format!("{refused}\nclose_position: panic"));
        assert_message(
            || telemetry.assert_captured(refused),
            &format!(
                "captured failures are not as expected (-: expected, +: found):\n  {refused}\n+ close_position: panic\n"
            ),
        );
    }

    #[cfg(feature = "axum")]
    #[tokio::test]
    async fn failures_of_requests_are_told() {
        use axum::Router;
        use axum::http::StatusCode;
        use axum::routing::get;

        let telemetry = TestTelemetry::new();
        let busy = get(async || StatusCode::SERVICE_UNAVAILABLE);
        let app = Router::new().route("/trades/{id}", busy);
        let (addr, serving) = crate::app::listen(app.layer(telemetry.http_layer())).await;
        crate::app::ask(addr, "GET", "/trades/7", "").await;
        telemetry.ended("GET /trades/:id").await;
        telemetry.assert_captured("GET /trades/:id: 503");
        serving.abort();
    }
}

mod configured {
    use super::*;

    #[test]
    fn a_setting_that_is_wrong_is_told() {
        let told = message(|| {
            drop(TestTelemetry::configured(|builder| {
                builder.set("metrics.series_bound", "many")
            }));
        });
        let expected = "the telemetry cannot be built: `metrics.series_bound` from code is `many`";
        assert!(told.starts_with(expected), "{told}");
    }

    #[tokio::test]
    async fn checks_are_asked_at_every_question() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&asked);
        let telemetry = TestTelemetry::configured(|builder| {
            builder.health_check("database", move || {
                counting.fetch_add(1, Ordering::Relaxed);
                async { Ok::<_, std::io::Error>(()) }
            })
        });
        for _ in 0..2 {
            assert!(telemetry.health().report().await.unwrap().is_healthy());
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn settings_and_a_clock_of_the_tests_own_hold() {
        let clock = Clock::manual();
        let telemetry = TestTelemetry::configured(|builder| {
            builder
                .set("traces.sampler", "always_off")
                .clock(clock.clone())
        });
        block_on(telemetry.scope(async {
            let mut checking = std::pin::pin!(check_margin(5_000));
            assert!(crate::recorded::poll_once(checking.as_mut()).is_pending());
            clock.advance(Duration::from_secs(7));
            telemetry.clock().advance(Duration::from_secs(70));
            checking.await.unwrap();
        }));
        assert!(telemetry.spans().is_empty());
        let labels = [("automation_type", "margin_check"), ("status", "success")];
        telemetry.assert_value("axisor_automation_duration_seconds_sum", &labels, 7.0);
    }
}

mod apart {
    use super::*;

    const TESTS: u64 = 16;
    const CALLS: u64 = 50;

    async fn spawns(margin: u64) {
        let inner = async move {
            let innermost = async move { check_margin(margin).await };
            tokio::spawn(innermost.with_current_context())
                .await
                .unwrap()
        };
        let checked = tokio::spawn(inner.with_current_context()).await.unwrap();
        checked.unwrap();
    }

    /// What one of several tests does, which must see its own calls and no others.
    async fn counts_its_own(own: u64) {
        let telemetry = TestTelemetry::new();
        let calls = CALLS + own;
        telemetry
            .scope(async {
                for _ in 0..calls {
                    spawns(5_000).await;
                    tokio::task::yield_now().await;
                    tick();
                }
            })
            .await;
        telemetry.assert_recorded(&format!(
            r#"
            axisor_automation_executions_total{{automation_type="margin_check",status="success"}} +{calls}
            axisor_automation_duration_seconds_count{{automation_type="margin_check",status="success"}} +{calls}
            axisor_automation_executions_total{{automation_type="tick",status="success"}} +{calls}
            "#
        ));
        let spans = telemetry.spans();
        assert_eq!(spans.len() as u64, 2 * calls);
    }

    #[test]
    fn sixteen_tests_on_threads_count_their_own_calls_each() {
        let together = Arc::new(Barrier::new(usize::try_from(TESTS).unwrap()));
        let tests: Vec<_> = (0..TESTS)
            .map(|own| {
                let together = Arc::clone(&together);
                thread::spawn(move || {
                    together.wait();
                    if own % 4 == 3 {
                        let failing = TestTelemetry::new();
                        failing.in_scope(|| failing.assert_recorded("nothing moves by itself"));
                    }
                    if own % 2 == 0 {
                        return block_on(counts_its_own(own));
                    }
                    let flavour = tokio::runtime::Builder::new_multi_thread();
                    block_on_a(flavour, counts_its_own(own));
                })
            })
            .collect();
        for (own, test) in tests.into_iter().enumerate() {
            assert_eq!(test.join().is_err(), own % 4 == 3, "test {own}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sixteen_tests_on_one_runtime_count_their_own_calls_each() {
        let tests = (0..TESTS).map(|own| tokio::spawn(counts_its_own(own)));
        for test in tests.collect::<Vec<_>>() {
            test.await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_task_that_was_given_the_scope_has_its_lines_and_its_parent() {
        let telemetry = TestTelemetry::new();
        let task = telemetry.clone();
        let job = async move {
            let context = Context::current_with_span(task.tracer().start("job"));
            let spawned = async move { tokio::spawn(task.scope(check_margin(5_000))).await };
            spawned.with_context(context).await.unwrap().unwrap();
        };
        telemetry.scope(job).await;
        telemetry
            .span("check_margin")
            .assert_child_of("job")
            .assert_logged("INFO axisor::margin: checking margin=5000");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_task_that_was_given_the_context_is_counted_and_with_the_subscriber_it_is_logged() {
        let telemetry = TestTelemetry::new();
        telemetry
            .scope(async {
                let counted = add_margin("pro", 1).with_current_context();
                tokio::spawn(counted).await.unwrap().unwrap();
                let logged = add_margin("pro", 1).with_current_context();
                let logged = logged.with_current_subscriber();
                tokio::spawn(logged).await.unwrap().unwrap();
            })
            .await;
        telemetry.assert_recorded(
            r#"axisor_margin_guard_actions_total{action_type="add_margin",user_plan="pro"} +2"#,
        );
        telemetry.assert_log("WARN axisor::margin: margin is low");
    }

    #[test]
    fn an_assertion_that_fails_in_its_scope_leaves_the_thread_to_the_next_test() {
        let first = TestTelemetry::new();
        message(|| first.in_scope(|| first.assert_spans("tick")));
        let second = TestTelemetry::new();
        second.in_scope(tick);
        first.assert_spans("");
        second.assert_spans("tick");
        assert!(!Context::current().has_active_span());
    }

    #[cfg(feature = "axum")]
    #[tokio::test]
    async fn requests_of_a_router_come_to_the_telemetry_of_its_layer() {
        use axum::Router;
        use axum::routing::post;

        let trade = async || {
            check_margin(5_000).await.unwrap();
            "done"
        };
        let (one, two) = (TestTelemetry::new(), TestTelemetry::new());
        for (telemetry, path) in [(&one, "/trades"), (&two, "/orders")] {
            let app = Router::new().route(path, post(trade));
            let app = app.layer(telemetry.http_layer());
            let (addr, serving) = crate::app::listen(app).await;
            crate::app::ask(addr, "POST", path, "").await;
            telemetry.ended(&format!("POST {path}")).await;
            serving.abort();
        }
        one.assert_spans("POST /trades\n  check_margin");
        two.assert_spans("POST /orders\n  check_margin");
        one.span("check_margin").assert_child_of("POST /trades");
        let labels = [
            ("method", "POST"),
            ("route", "/orders"),
            ("status_code", "200"),
        ];
        two.assert_value("axisor_http_requests_total", &labels, 1.0);
    }
}
