//! `cargo cost`: what an annotated call costs, beside the peers.

mod callgrind;
mod calls;
mod command;
mod compare;
mod compile;
mod effort;
mod error;
mod figure;
mod generated;
mod instructions;
mod programs;
mod receiving;
mod scenarios;
mod sink;
mod table;
mod versions;
mod wall;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use error_reporter::Report;

use crate::calls::Calls;
use crate::compare::Compare;
use crate::compile::Compile;
use crate::error::CostError;

/// What axisor-telemetry's attributes cost, beside autometrics, `tracing::instrument` and fastrace.
///
/// Without a command: what a call costs. Exits with 1 if a bar is missed or a table differs, with 2 if nothing could
/// be said.
#[derive(Debug, Parser)]
#[command(name = "cargo cost", bin_name = "cargo cost", after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    calls: Calls,
}

#[derive(Debug, Subcommand)]
enum Command {
    Compile(Compile),
    Compare(Compare),
}

const EXAMPLES: &str = "\
Examples:
  cargo cost                      what a call costs
  cargo cost --smoke              the same, with few calls
  cargo cost --scenario counter   one row of it, and its async sister
  cargo cost compile              what annotated functions add to the time of compiling them
  cargo cost compare              what each attribute does with functions that are not simple";

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", Report::new(error));
            ExitCode::from(2)
        }
    }
}

impl Cli {
    /// Whether every bar is met.
    fn run(self) -> Result<bool, CostError> {
        match self.command {
            None => self.calls.run(),
            Some(Command::Compile(compile)) => compile.run(),
            Some(Command::Compare(compare)) => compare.run(),
        }
    }
}
