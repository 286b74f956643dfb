//! What a call costs in instructions and allocations.

use std::process::Command;
use std::thread;

use axisor_cost::{Case, ROUND};

use crate::callgrind;
use crate::command::{read, typed};
use crate::effort::Effort;
use crate::error::CostError;
use crate::programs::Programs;
use crate::receiving::Receiving;

/// What a call costs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    /// Of all threads.
    pub(crate) instructions: f64,
    /// Of the calling thread.
    pub(crate) allocations: f64,
}

impl Figure {
    pub(crate) fn measure(
        programs: &Programs,
        case: &Case,
        effort: Effort,
    ) -> Result<Self, CostError> {
        let tries = if case.spans(1, 0) > 0 {
            effort.tries
        } else {
            1
        }; // else every run counts the same
        let counted: Result<Vec<f64>, CostError> = (0..tries)
            .map(|_| instructions(programs, case, effort))
            .collect();
        Ok(Self {
            instructions: median(counted?),
            allocations: allocations(programs, case, effort)?,
        })
    }

    /// What the attribute adds to the function `bare`.
    pub(crate) fn over(self, bare: Self) -> Self {
        Self {
            instructions: (self.instructions - bare.instructions).round(),
            allocations: self.allocations - bare.allocations,
        }
    }
}

/// Instructions per call: what a long run takes more than a short one, so that what threads do besides cancels out.
fn instructions(programs: &Programs, case: &Case, effort: Effort) -> Result<f64, CostError> {
    let (short, long) = thread::scope(|scope| {
        let short = scope.spawn(|| run(programs, case, effort.short));
        let long = run(programs, case, effort.long);
        (short.join().expect("counting does not panic"), long)
    });
    let calls = (effort.long - effort.short) * ROUND;
    Ok(per(calls, long?.saturating_sub(short?)))
}

fn run(programs: &Programs, case: &Case, rounds: u64) -> Result<u64, CostError> {
    let receiving = Receiving::start(case)?;
    let mut arguments = receiving.case.arguments();
    arguments.extend(["run".to_owned(), rounds.to_string()]);
    let counted = callgrind::count(&programs.probe, &arguments)?;
    receiving.check((rounds + 1) * ROUND, rounds + 1)?; // one to warm up
    Ok(counted)
}

fn allocations(programs: &Programs, case: &Case, effort: Effort) -> Result<f64, CostError> {
    let receiving = Receiving::start(case)?;
    let mut command = Command::new(&programs.allocations);
    command
        .args(receiving.case.arguments())
        .arg(format!("--rounds={}", effort.long));
    let printed = read(&mut command)?;
    let allocated: u64 = printed.trim().parse().map_err(|_| CostError::Printed {
        command: typed(&command),
        printed: printed.clone(),
        expected: "a number",
    })?;
    receiving.check((effort.long + 1) * ROUND, effort.long + 1)?;
    Ok(per(effort.long * ROUND, allocated))
}

/// What one of `many` takes if they take `total` together.
#[expect(clippy::cast_precision_loss, reason = "these numbers are small")]
pub(crate) fn per(many: u64, total: u64) -> f64 {
    total as f64 / many as f64
}

/// The value in the middle, of at least one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
