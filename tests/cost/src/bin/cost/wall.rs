//! The table of wall times, as ratios taken in turns.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use axisor_cost::{Case, ROUND, Subject};

use crate::command::typed;
use crate::effort::Effort;
use crate::error::CostError;
use crate::figure::{median, per};
use crate::programs::Programs;
use crate::receiving::Receiving;
use crate::scenarios::{Row, called};
use crate::table;

/// How much more than the peer's a call's time may grow with a second thread.
const GROWTH: f64 = 1.5;

/// A row whose cases were timed in turns: first the bare function, then ours, then the peers.
pub(crate) struct Timed<'a> {
    row: &'a Row,
    turns: Vec<Vec<Turn>>,
}

/// Nanoseconds of a call.
#[derive(Debug, Clone, Copy)]
struct Turn {
    one_thread: f64,
    two_threads: f64,
}

const BARE: usize = 0;
const OURS: usize = 1;

impl<'a> Timed<'a> {
    pub(crate) fn new(
        programs: &Programs,
        row: &'a Row,
        effort: Effort,
    ) -> Result<Self, CostError> {
        eprintln!("  timing: {}", row.title);
        let subjects = [Subject::Bare, Subject::Ours]
            .into_iter()
            .chain(row.peers.iter().copied());
        let mut clocks: Vec<Clock> = subjects
            .map(|subject| Clock::start(programs, row, subject))
            .collect::<Result<_, _>>()?;
        let mut turns = Vec::new();
        for _ in 0..=effort.turns {
            let turn = clocks.iter_mut().map(|clock| clock.turn(effort.calls));
            turns.push(turn.collect::<Result<_, _>>()?);
        }
        turns.remove(0); // they had to warm up
        for clock in clocks {
            clock.end()?;
        }
        Ok(Self { row, turns })
    }

    fn median(&self, of: impl Fn(&[Turn]) -> f64) -> f64 {
        median(self.turns.iter().map(|turn| of(turn)).collect())
    }

    fn lines(&self) -> impl Iterator<Item = [String; 7]> + '_ {
        (BARE..2 + self.row.peers.len()).map(|index| {
            let subject = match index {
                BARE => Subject::Bare,
                OURS => Subject::Ours,
                _ => self.row.peers[index - 2],
            };
            let title = if index == BARE { self.row.title } else { "" };
            let growth = |turn: &[Turn]| turn[OURS].growth() / turn[index].growth();
            let growth = self.median(growth);
            let [ratio, growth, met] = if index > OURS {
                let ratio = self.median(|turn| turn[OURS].one_thread / turn[index].one_thread);
                let met = table::met(Some(growth <= GROWTH)).to_owned();
                [format!("{ratio:.2}"), format!("{growth:.2}"), met]
            } else {
                [const { String::new() }; 3]
            };
            [
                title.to_owned(),
                called(subject).to_owned(),
                format!("{:.1}", self.median(|turn| turn[index].one_thread)),
                ratio,
                format!("{:.2}", self.median(|turn| turn[index].growth())),
                growth,
                met,
            ]
        })
    }
}

impl Turn {
    /// How many times longer a call takes when two threads make it.
    fn growth(self) -> f64 {
        self.two_threads / self.one_thread
    }
}

/// The table of all that was timed.
pub(crate) fn table(rows: &[Timed<'_>]) -> String {
    table::text(
        [
            "wall time per call",
            "whose",
            "ns",
            "ours/peer",
            "2 threads / 1",
            "ours/peer",
            "≤ 1.5",
        ],
        rows.iter().flat_map(Timed::lines),
    )
}

/// A program that times calls when it is asked to.
struct Clock {
    command: String,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    receiving: Receiving,
    calls: u64,
    parents: u64,
}

impl Clock {
    fn start(programs: &Programs, row: &Row, subject: Subject) -> Result<Self, CostError> {
        let receiving = Receiving::start(&Case {
            scenario: row.scenario,
            subject,
            form: row.form,
            endpoint: None,
        })?;
        let mut command = Command::new(&programs.probe);
        command.args(receiving.case.arguments()).arg("time");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let typed = typed(&command);
        let mut child = command.spawn().map_err(|source| CostError::Run {
            command: typed.clone(),
            source,
        })?;
        let (questions, answers) = (child.stdin.take(), child.stdout.take());
        Ok(Self {
            command: typed,
            child,
            questions: questions.expect("it is a pipe"),
            answers: BufReader::new(answers.expect("it is a pipe")),
            receiving,
            calls: 0,
            parents: 0,
        })
    }

    fn turn(&mut self, calls: u64) -> Result<Turn, CostError> {
        Ok(Turn {
            one_thread: self.time(1, calls)?,
            two_threads: self.time(2, calls)?,
        })
    }

    /// The nanoseconds of one of this many calls on each of `threads`.
    fn time(&mut self, threads: u64, calls: u64) -> Result<f64, CostError> {
        let (rounds, calls) = if self.receiving.case.scenario.exports() {
            (calls / ROUND, ROUND / threads)
        } else {
            (1, calls)
        };
        self.calls += threads * rounds * calls;
        self.parents += threads * rounds;
        let mut answer = String::new();
        writeln!(self.questions, "{threads} {rounds} {calls}")
            .and_then(|()| self.answers.read_line(&mut answer))
            .map_err(|source| CostError::Run {
                command: self.command.clone(),
                source,
            })?;
        let spent = answer.trim().parse().map_err(|_| CostError::Printed {
            command: self.command.clone(),
            printed: answer,
            expected: "nanoseconds",
        })?;
        Ok(per(rounds * calls, spent))
    }

    fn end(self) -> Result<(), CostError> {
        let Self {
            command,
            mut child,
            questions,
            receiving,
            calls,
            parents,
            ..
        } = self;
        drop(questions);
        let status = child.wait().map_err(|source| CostError::Run {
            command: command.clone(),
            source,
        })?;
        if !status.success() {
            let output = "what went wrong is above".to_owned();
            return Err(CostError::Failed {
                command,
                status,
                output,
            });
        }
        receiving.check(calls, parents)
    }
}
