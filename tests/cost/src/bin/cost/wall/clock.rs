//! A process of its own for each case, which times calls when it is asked to.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use axisor_cost::{Case, ROUND, Subject};

use crate::command::typed;
use crate::error::CostError;
use crate::figure::per;
use crate::programs::Programs;
use crate::receiving::Receiving;
use crate::scenarios::Row;

/// Nanoseconds of a call, made by one thread and by two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) one_thread: f64,
    two_threads: f64,
}

impl Turn {
    /// How many times longer a call takes when two threads make it.
    pub(super) fn growth(self) -> f64 {
        self.two_threads / self.one_thread
    }
}

/// A program that times calls when it is asked to.
pub(super) struct Clock {
    command: String,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    receiving: Receiving,
    calls: u64,
    parents: u64,
}

impl Clock {
    pub(super) fn start(
        programs: &Programs,
        row: &Row,
        subject: Subject,
    ) -> Result<Self, CostError> {
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

    pub(super) fn turn(&mut self, calls: u64) -> Result<Turn, CostError> {
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

    pub(super) fn end(self) -> Result<(), CostError> {
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
