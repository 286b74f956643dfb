//! `cargo drill`: everything is broken for real, one after the other, and somebody must be paged.

mod drills;
mod fault;
mod report;
mod watch;

use std::io;
use std::pin::pin;
use std::process::ExitCode;

use axisor_examples::service::{asked_to_end, exit_code};
use clap::Args;

use self::drills::Drill;
use self::fault::FaultError;
use self::report::Report;
use self::watch::Watcher;
use crate::system::{Haste, Mishaps, System, SystemError};

/// Breaks every component for real, and waits for the page each should raise.
///
/// Starts the stack as processes, the services with clients, a PostgreSQL, a Redis, an nginx, and somebody who is paged.
/// Then, one after the other, it ends, freezes, fills or slows down each component, waits until Alertmanager has paged, repairs
/// it, waits until Alertmanager has said that it is over, and prints a table with the seconds. The exit code is 1 if a page or its
/// resolution did not come, or one that nobody expects.
///
/// The rules and routes are those of the stack, with all of their times divided by `--haste`. Needs what
/// `cargo stack up --native` needs, and installs PostgreSQL, Redis and nginx where they are missing and it runs as root.
#[derive(Debug, Args)]
#[command(override_usage = "cargo drill [OPTIONS]")]
pub(crate) struct DrillArgs {
    /// Only this drill (`redis/filled`), or those of this component (`redis`); may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Show which drills there are, and make none.
    #[arg(long)]
    list: bool,
    /// So many times faster than the rules have it; with 1 everything takes as long as it would, some ten hours. At 60 the
    /// shortest range of a rule has five scrapes, and more would be fewer.
    #[arg(long, value_name = "FACTOR", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=60))]
    haste: u32,
}

/// Why drills did not end well.
#[derive(Debug, thiserror::Error)]
enum DrillError {
    #[error("`{given}` is no drill and no component, expected one of `cargo drill --list`")]
    Unknown { given: String },
    #[error("the system did not run")]
    System(#[from] SystemError),
    #[error("{drill} could not be made")]
    Fault {
        drill: &'static str,
        source: FaultError,
    },
    #[error("nothing is broken, and yet: {alerts}")]
    NotWell { alerts: String },
    #[error("signals cannot be heard")]
    Signals(#[from] io::Error),
    #[error("{wrong} pages or resolutions did not come, or came unexpectedly")]
    Wrong { wrong: usize },
}

pub(crate) async fn run(args: DrillArgs) -> ExitCode {
    exit_code(run_drills(args).await)
}

async fn run_drills(args: DrillArgs) -> Result<(), DrillError> {
    let chosen = drills::chosen(&args.only);
    let chosen = chosen.map_err(|given| DrillError::Unknown { given })?;
    if args.list {
        for Drill { name, done, .. } in chosen {
            println!("{name:<28} {done}");
        }
        return Ok(());
    }
    let report = with_system(Haste(args.haste), &chosen).await?;
    match report.wrong() {
        0 => Ok(()),
        wrong => Err(DrillError::Wrong { wrong }),
    }
}

/// Starts everything, makes the drills, ends everything whatever came of them, and prints the table.
async fn with_system(haste: Haste, drills: &[&'static Drill]) -> Result<Report, DrillError> {
    let mut asked = pin!(asked_to_end(false)?);
    eprintln!("starting the stack, the services and what they depend on");
    let mut system = tokio::select! {
        system = System::start(haste, Mishaps::None) => system?,
        () = &mut asked => return Ok(Report::default()),
    };
    let mut watcher = Watcher::new(&mut system, haste);
    let outcome = tokio::select! {
        outcome = watcher.make(drills) => outcome,
        () = &mut asked => Ok(()),
    };
    let report = watcher.report;
    eprintln!("\nstopping everything");
    system.down().await?;
    print!("{report}");
    outcome.map(|()| report)
}

impl Drill {
    fn failed(&self, source: FaultError) -> DrillError {
        let drill = self.name;
        DrillError::Fault { drill, source }
    }
}
