//! `cargo cost`: what an annotated call costs.

use axisor_cost::Scenario;
use clap::Args;

use crate::effort::Effort;
use crate::error::CostError;
use crate::instructions::{self, Measured};
use crate::programs::Programs;
use crate::scenarios::{ROWS, Row};
use crate::wall::{self, Timed};
use crate::{callgrind, versions};

/// Counts instructions under callgrind and allocations natively, both over the same function without an attribute, and
/// takes wall times in turns.
#[derive(Debug, Args)]
pub(crate) struct Calls {
    /// Few calls: for CI, which wants to know that everything works and that the bars are met.
    #[arg(long)]
    smoke: bool,
    /// Only the calls under these circumstances; repeatable.
    #[arg(long = "scenario", value_name = "NAME")]
    scenarios: Vec<Scenario>,
}

impl Calls {
    /// Whether every bar on instructions and allocations is met.
    pub(crate) fn run(&self) -> Result<bool, CostError> {
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
        println!("{}\n{valgrind}: {}", versions::text()?, callgrind::typed());
        println!(
            "\n{}\n\n{}",
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
