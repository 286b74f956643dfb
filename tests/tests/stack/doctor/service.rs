//! What never leaves the service, or is wrong within it.

use axisor_stack::{Component, Stack};
use axisor_telemetry::config::Origin;
use axisor_telemetry::doctor::{Cause, Diagnosis, Hop, Outcome};
use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use super::{assert_advice, assert_lost, doctor, examine, stack, telemetry};

async fn collector() -> Stack {
    stack([Component::Collector])
        .start()
        .await
        .expect("a Collector")
}

async fn with(stack: &Stack, settings: &[(&str, &str)]) -> Diagnosis {
    examine(doctor(stack), &telemetry(&stack.otlp_grpc(), settings)).await
}

#[tokio::test]
async fn what_the_settings_do_not_send() {
    let stack = collector().await;

    let diagnosis = with(&stack, &[("disabled", "true")]).await;
    let cause = Cause::Disabled {
        origin: Origin::Code,
    };
    for outcome in [&diagnosis.metrics, &diagnosis.traces, &diagnosis.logs] {
        assert_lost(outcome, Hop::Service, &cause, "OTEL_SDK_DISABLED");
    }

    let off = |key| Cause::ExporterOff {
        key,
        value: "none".to_owned(),
        origin: Origin::Code,
    };
    let all = ["metrics.exporter", "traces.exporter", "logs.exporter"].map(|key| (key, "none"));
    let diagnosis = with(&stack, &all).await;
    let cause = off("metrics.exporter");
    assert_lost(
        &diagnosis.metrics,
        Hop::Service,
        &cause,
        "OTEL_METRICS_EXPORTER",
    );
    let cause = off("traces.exporter");
    assert_lost(
        &diagnosis.traces,
        Hop::Service,
        &cause,
        "OTEL_TRACES_EXPORTER",
    );
    assert_eq!(diagnosis.logs, Outcome::NotSent(off("logs.exporter")));

    let diagnosis = with(&stack, &[("traces.exporter", "console")]).await;
    let cause = Cause::ExporterOff {
        key: "traces.exporter",
        value: "console".to_owned(),
        origin: Origin::Code,
    };
    assert_lost(
        &diagnosis.traces,
        Hop::Service,
        &cause,
        "OTEL_TRACES_EXPORTER",
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn what_sampler_and_levels_leave_out() {
    let stack = collector().await;
    for (sampler, told) in [
        ("always_off", "always_off"),
        ("parentbased_always_off", "parentbased_always_off"),
        ("traceidratio", "traceidratio of 0"),
        ("parentbased_traceidratio", "parentbased_traceidratio of 0"),
    ] {
        let settings = [("traces.sampler", sampler), ("traces.sampler_arg", "0")];
        let settings = if sampler.ends_with("ratio") {
            &settings[..]
        } else {
            &settings[..1]
        };
        let diagnosis = with(&stack, settings).await;
        let sampler = told.to_owned();
        let cause = Cause::NotSampled { sampler };
        assert_lost(
            &diagnosis.traces,
            Hop::Service,
            &cause,
            "OTEL_TRACES_SAMPLER",
        );
    }
    let diagnosis = with(
        &stack,
        &[("traces.level", "off"), ("logging.level", "error")],
    )
    .await;
    let off = |key, value: &str| Cause::LevelOff {
        key,
        value: value.to_owned(),
    };
    let cause = off("traces.level", "off");
    assert_lost(&diagnosis.traces, Hop::Service, &cause, "`traces.level`");
    let cause = off("logging.level", "error");
    assert_lost(&diagnosis.logs, Hop::Service, &cause, "`logging.level`");
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_page_written_from_another_registry() {
    let stack = collector().await;
    let telemetry = telemetry(&stack.otlp_grpc(), &[]);
    let own = serve(telemetry.router()).await;
    let diagnosis = examine(doctor(&stack).service(&own), &telemetry).await;
    assert_eq!(diagnosis.findings, []);

    let page = async || "# TYPE orders_total counter\norders_total 3\n";
    let other = serve(Router::new().route("/metrics", get(page))).await;
    let diagnosis = examine(doctor(&stack).service(&other), &telemetry).await;
    let [finding] = &diagnosis.findings[..] else {
        panic!("{diagnosis}");
    };
    let url = other.clone();
    assert_eq!(finding.hop, Hop::Service);
    assert_eq!(finding.cause, Cause::PrivatePage { url });
    assert_advice(finding, "Telemetry::router()");
    stack.down().await.expect("down");
}

async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, app).await });
    format!("http://{address}/metrics")
}
