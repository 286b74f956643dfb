//! `cargo demo`: the trading system running, with clients, and what its telemetry says.

mod boards;
mod drill;
mod exposition;
mod fleet;
mod flows;
mod links;
mod pager;
mod pictures;
mod plot;
mod ports;
mod process;
mod run;
mod screen;
mod show;
mod summary;
mod system;
mod traffic;
mod trees;
mod waterfall;

use std::process::ExitCode;
use std::time::Duration;

use axisor_examples::automation_executor::{self, AutomationExecutorArgs};
use axisor_examples::backend::{self, BackendArgs};
use axisor_examples::margin_monitor::{self, MarginMonitorArgs};
use axisor_examples::notification_worker::{self, NotificationWorkerArgs};
use axisor_examples::outside::{self, OutsideArgs};
use axisor_examples::payment_validator::{self, PaymentValidatorArgs};
use axisor_examples::service::exit_code;
use clap::{Args, Parser, Subcommand};
use jiff::SignedDuration;

use self::drill::DrillArgs;
use self::pictures::PicturesArgs;

/// Runs a small trading system and shows what its telemetry says.
///
/// Starts the backend and four workers as processes, sends them requests, and shows their `axisor_*` series and, now
/// and then, one trace as a tree. Needs no other program. Ends on Ctrl-C, or by itself with `--for`; the exit code is
/// 1 if a service died or a series that must move did not.
///
/// Services are told everything by the demo: `OTEL_*`, `AXISOR_*` and `RUST_LOG` of this terminal do not reach them.
#[derive(Debug, Parser)]
#[command(
    name = "cargo demo",
    bin_name = "cargo demo",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(flatten)]
    demo: Demo,
    #[command(subcommand)]
    other: Option<Other>,
}

/// How the demo runs.
#[derive(Debug, Args)]
struct Demo {
    /// End after this time, e.g. `20s` or `2m`, instead of on Ctrl-C.
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    end_after: Option<Duration>,
    /// Bring up Collector, Prometheus, Alertmanager and Jaeger first, send everything there, and end with links to a
    /// trace and to queries. In containers where Docker answers, else as processes, which the first time takes
    /// minutes to build.
    #[arg(long)]
    stack: bool,
    /// With --stack: processes of this machine, even where Docker answers.
    #[arg(long, requires = "stack")]
    native: bool,
    /// With --stack: execute so many automations instead, and end with what became of every one of their spans. The exit
    /// code is 1 if one is neither in Jaeger nor counted as lost.
    #[arg(long, requires = "stack", value_name = "COUNT", conflicts_with = "end_after", value_parser = clap::value_parser!(u64).range(1..=20_000))]
    flows: Option<u64>,
    /// Sample so many of a hundred traces.
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u8).range(0..=100))]
    sample: u8,
    /// Listen on free ports, not on 3010 and so on, nor on the stack's usual ones.
    #[arg(long)]
    free_ports: bool,
    /// The time between two summaries.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "3s")]
    every: Duration,
    /// Decides the market, the positions, the requests and everything that goes wrong.
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

#[derive(Debug, Subcommand)]
enum Other {
    Drill(DrillArgs),
    Pictures(PicturesArgs),
    /// Runs one service: how the demo starts each of them.
    #[command(subcommand, hide = true)]
    Service(Service),
}

#[derive(Debug, Subcommand)]
enum Service {
    Backend(Box<BackendArgs>),
    MarginMonitor(Box<MarginMonitorArgs>),
    AutomationExecutor(AutomationExecutorArgs),
    NotificationWorker(NotificationWorkerArgs),
    PaymentValidator(PaymentValidatorArgs),
    Outside(OutsideArgs),
}

fn time(text: &str) -> Result<Duration, String> {
    let expected = "expected a time above 0, such as `20s` or `2m`";
    let time: SignedDuration = text.parse().map_err(|_| expected.to_owned())?;
    let time = Duration::try_from(time).map_err(|_| expected.to_owned())?;
    if time.is_zero() {
        return Err(expected.to_owned());
    }
    Ok(time)
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.other {
        None => run::run(cli.demo).await,
        Some(Other::Drill(args)) => drill::run(args).await,
        Some(Other::Pictures(args)) => pictures::run(args).await,
        Some(Other::Service(service)) => exit_code(match service {
            Service::Backend(args) => backend::run(*args).await,
            Service::MarginMonitor(args) => margin_monitor::run(*args).await,
            Service::AutomationExecutor(args) => automation_executor::run(args).await,
            Service::NotificationWorker(args) => notification_worker::run(args).await,
            Service::PaymentValidator(args) => payment_validator::run(args).await,
            Service::Outside(args) => outside::run(args).await,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(time("20s"), Ok(Duration::from_secs(20)));
        assert_eq!(time("1m30s"), Ok(Duration::from_secs(90)));
        for wrong in ["", "20", "soon", "-5s", "0s"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
