//! The demo from its start to its end.

use std::io;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::time::Duration;

use axisor_examples::service::{asked_to_end, exit_code};
use axisor_stack::Stack;
use axisor_tests::jaeger::Jaeger;

use super::Demo;
use super::fleet::{Fleet, FleetError};
use super::flows::{self, FlowsError};
use super::links::LinkError;
use super::ports::Ports;
use super::process::{Orders, SharedTrees};
use super::show::Show;

/// Why the demo does not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("the stack did not start; ports that are taken can be left with --free-ports")]
    Stack(#[from] axisor_stack::StartError),
    #[error("the stack did not stop")]
    StackEnd(#[from] axisor_stack::ControlError),
    #[error(transparent)]
    Fleet(#[from] FleetError),
    #[error("did not move: {}", .0.join(", "))]
    Unmoved(Vec<String>),
    #[error("no automation went all the way to a notification")]
    NoFlagship,
    #[error(transparent)]
    Flows(#[from] FlowsError),
    #[error("a link leads nowhere")]
    Link(#[from] LinkError),
    #[error("signals cannot be heard")]
    Signals(#[from] io::Error),
}

pub(crate) async fn run(demo: Demo) -> ExitCode {
    exit_code(run_demo(demo).await)
}

async fn run_demo(demo: Demo) -> Result<(), DemoError> {
    let mut asked = pin!(asked_to_end(false)?);
    let ports = Ports::choose(demo.free_ports)?;
    let stack = if demo.stack {
        tokio::select! {
            stack = start_stack(&demo, &ports) => Some(stack?),
            () = &mut asked => return Ok(()),
        }
    } else {
        None
    };
    let outcome = with_services(&demo, &ports, stack.as_ref(), asked).await;
    if let Some(stack) = stack {
        println!("stopping the stack");
        stack.down().await?;
    }
    outcome
}

async fn start_stack(demo: &Demo, ports: &Ports) -> Result<Stack, DemoError> {
    println!("starting Collector, Prometheus, Alertmanager and Jaeger");
    let mut stack = Stack::builder().scrape_interval(Duration::from_secs(5));
    for (job, address) in ports.targets() {
        stack = stack.target(job, address);
    }
    if demo.native {
        stack = stack.native();
    }
    if demo.free_ports {
        stack = stack.free_ports();
    }
    Ok(stack.start().await?)
}

/// Starts the services, shows them, and stops them whatever came of it.
async fn with_services(
    demo: &Demo,
    ports: &Ports,
    stack: Option<&Stack>,
    asked: Pin<&mut impl Future<Output = ()>>,
) -> Result<(), DemoError> {
    let trees = SharedTrees::default();
    let fleet = Fleet::start(ports, orders(demo, stack), &trees)?;
    if let (Some(stack), Some(count)) = (stack, demo.flows) {
        return tokio::select! {
            counted = count_flows(fleet, count, stack) => counted,
            () = asked => Ok(()),
        };
    }
    let mut show = Show::new(demo, stack, trees, fleet);
    let outcome = show.run(ports, asked).await;
    for last_word in show.into_fleet().stop().await {
        println!("{last_word}");
    }
    outcome
}

/// Has `count` automations executed, ends the services, and says where every span is.
async fn count_flows(mut fleet: Fleet, count: u64, stack: &Stack) -> Result<(), DemoError> {
    fleet.ready().await?;
    println!("executing {count} automations");
    let told = flows::send(fleet.backend(), count).await?;
    fleet.check()?;
    println!("stopping the services, which send their last spans");
    let last_words = fleet.stop().await;
    println!("looking for every span in Jaeger");
    let jaeger = Jaeger::new(stack.jaeger());
    let account = flows::account(&told, &last_words, &jaeger).await?;
    println!("{account}");
    Ok(())
}

/// What services' telemetry is told: spans to the terminal, or everything to the stack.
fn orders(demo: &Demo, stack: Option<&Stack>) -> Orders {
    let mut telemetry = vec![
        ("AXISOR_LOGGING_LEVEL", "warn".to_owned()),
        ("AXISOR_LOGGING_FORMAT", "pretty".to_owned()),
        ("AXISOR_METRICS_PROCESS", "true".to_owned()),
        ("AXISOR_METRICS_RUNTIME", "true".to_owned()),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio".to_owned()),
        (
            "OTEL_TRACES_SAMPLER_ARG",
            (f64::from(demo.sample) / 100.0).to_string(),
        ),
    ];
    match stack {
        None => telemetry.push(("OTEL_TRACES_EXPORTER", "console".to_owned())),
        Some(stack) => telemetry.extend([
            ("OTEL_EXPORTER_OTLP_ENDPOINT", stack.otlp_grpc()),
            ("OTEL_BSP_SCHEDULE_DELAY", "1000".to_owned()),
            ("OTEL_METRIC_EXPORT_INTERVAL", "5000".to_owned()),
            ("OTEL_LOGS_EXPORTER", "otlp".to_owned()),
        ]),
    }
    Orders {
        seed: demo.seed,
        reachable: stack.is_some_and(Stack::is_docker),
        telemetry,
    }
}
