//! Counts what calls of one function under one telemetry allocate, on the calling thread.
//!
//! A program of its own, since counting costs instructions.

use axisor_cost::{Case, Session};
use clap::Parser;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    case: Case,
    /// How many rounds of calls are counted, after one that is not.
    #[arg(long)]
    rounds: u64,
}

fn main() {
    let cli = Cli::parse();
    let session = Session::start(&cli.case);
    session.round(|calls| calls());
    let allocated: u64 = (0..cli.rounds)
        .map(|_| session.round(|calls| allocation_counter::measure(calls).count_total))
        .sum();
    session.end((cli.rounds + 1) * axisor_cost::ROUND);
    println!("{allocated}");
}
