//! `cargo cost`: what an annotated call costs, beside the peers.

mod callgrind;
mod command;
mod effort;
mod error;
mod figure;
mod instructions;
mod programs;
mod receiving;
mod scenarios;
mod sink;
mod table;
mod versions;
mod wall;

use std::error::Error;
use std::process::ExitCode;

use axisor_cost::Scenario;
use clap::Parser;

use crate::effort::Effort;
use crate::error::CostError;
use crate::instructions::Measured;
use crate::programs::Programs;
use crate::scenarios::{ROWS, Row};
use crate::wall::Timed;

/// What an annotated call costs, beside autometrics, `tracing::instrument` and fastrace.
///
/// Counts instructions under callgrind and allocations natively, both over the same function without an attribute, and
/// takes wall times in turns. Exits with 1 if a bar on instructions or allocations is missed, with 2 if something could
/// not be measured.
#[derive(Debug, Parser)]
#[command(name = "cargo cost", bin_name = "cargo cost", after_help = EXAMPLES)]
struct Cli {
    /// Few calls: for CI, which wants to know that everything works and that the bars are met.
    #[arg(long)]
    smoke: bool,
    /// Only the calls under these circumstances; repeatable.
    #[arg(long = "scenario", value_name = "NAME")]
    scenarios: Vec<Scenario>,
}

const EXAMPLES: &str = "\
Examples:
  cargo cost                      everything
  cargo cost --smoke              everything, with few calls
  cargo cost --scenario counter   one row, and its async sister";

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", with_causes(&error));
            ExitCode::from(2)
        }
    }
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl Cli {
    /// Whether every bar on instructions and allocations is met.
    fn run(&self) -> Result<bool, CostError> {
        let valgrind = callgrind::prepare()?;
        let programs = Programs::build()?;
        let effort = if self.smoke {
            Effort::SMOKE
        } else {
            Effort::FULL
        };
        let counted = self.rows().map(|row| Measured::new(&programs, row, effort));
        let counted: Vec<_> = counted.collect::<Result<_, _>>()?;
        let timed = self.rows().filter(|row| row.has_a_bar());
        let timed = timed.map(|row| Timed::new(&programs, row, effort));
        let timed: Vec<_> = timed.collect::<Result<_, _>>()?;
        println!("{}\n", versions::text(&valgrind)?);
        println!(
            "{}\n\n{}",
            instructions::table(&counted),
            wall::table(&timed)
        );
        Ok(counted.iter().all(|row| row.met() != Some(false)))
    }

    fn rows(&self) -> impl Iterator<Item = &'static Row> + '_ {
        let all = self.scenarios.is_empty();
        ROWS.iter()
            .filter(move |row| all || self.scenarios.contains(&row.scenario))
    }
}
