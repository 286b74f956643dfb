//! Calls one function under one telemetry, for `cargo cost` to count instructions and time.

use std::error::Error;
use std::io::{self, BufRead as _};
use std::thread;
use std::time::{Duration, Instant};

use axisor_cost::{Case, ROUND, Session};
use clap::{Parser, Subcommand};
use spin::Barrier;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    case: Case,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a round of calls to warm up, and then this many in the function `run`, for callgrind.
    Run { rounds: u64 },
    /// For each line `THREADS ROUNDS CALLS` of the input, lets threads make rounds of calls, and prints the
    /// nanoseconds that a thread spent in its calls.
    Time,
}

fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    let session = Session::start(&cli.case);
    let calls = match cli.command {
        Command::Run { rounds } => {
            session.round(|calls| calls());
            run(&session, rounds);
            (rounds + 1) * ROUND
        }
        Command::Time => time(&session)?,
    };
    session.end(calls);
    Ok(())
}

/// What is counted of this thread: clocks, which wait for time to pass when they are first used, have been read before.
#[inline(never)]
fn run(session: &Session, rounds: u64) {
    for _ in 0..rounds {
        session.round(|calls| calls());
    }
}

fn time(session: &Session) -> Result<u64, Box<dyn Error>> {
    let mut made = 0;
    for line in io::stdin().lock().lines() {
        let task: Task = line?.parse()?;
        let spent = task.spend(session);
        made += task.threads * task.rounds * task.calls;
        println!("{}", spent.as_nanos());
    }
    Ok(made)
}

/// What one line of the input asks for.
struct Task {
    threads: u64,
    rounds: u64,
    calls: u64,
}

impl Task {
    /// The time that a thread spent in calls, on average.
    fn spend(&self, session: &Session) -> Duration {
        let gate = Barrier::new(usize::try_from(self.threads).unwrap_or(usize::MAX));
        let spent: Duration = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|_| scope.spawn(|| self.spend_on_this_thread(session, &gate)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("a call does not panic"))
                .sum()
        });
        spent / u32::try_from(self.threads).unwrap_or(u32::MAX)
    }

    fn spend_on_this_thread(&self, session: &Session, gate: &Barrier) -> Duration {
        let mut spent = Duration::ZERO;
        for _ in 0..self.rounds {
            gate.wait();
            spent += session.calls(self.calls, |calls| {
                let start = Instant::now();
                calls();
                start.elapsed()
            });
            if gate.wait().is_leader() {
                session.flush();
            }
        }
        spent
    }
}

impl std::str::FromStr for Task {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let numbers: Vec<u64> = line
            .split(' ')
            .filter_map(|number| number.parse().ok())
            .collect();
        let [threads, rounds, calls] = numbers[..] else {
            return Err(format!("`{line}` is not `THREADS ROUNDS CALLS`"));
        };
        Ok(Self {
            threads,
            rounds,
            calls,
        })
    }
}
