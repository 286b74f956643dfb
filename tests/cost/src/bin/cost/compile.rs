//! `cargo cost compile`: what two hundred annotated functions add to the time of compiling them.

mod source;

use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;
use wait4::Wait4 as _;

use crate::command::typed;
use crate::error::CostError;
use crate::figure::median;
use crate::generated::Generated;
use crate::table;
use crate::versions;

/// The most our attribute may add of what the peer's adds.
const SHARE: f64 = 0.6;

/// Takes the time that 200 annotated functions add to a compilation.
///
/// The crates are compiled in turns, without incremental compilation and with their dependencies compiled before; what a
/// crate takes without attributes is subtracted. Exits with 1 if ours add more than 0.6 of what
/// `#[tracing::instrument]` adds.
#[derive(Debug, Args)]
pub(crate) struct Compile {
    /// How often each crate is compiled in each way.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// How a crate is compiled.
#[derive(Debug, Clone, Copy)]
enum Way {
    Check,
    Dev,
    Release,
}

impl Way {
    const ALL: [Self; 3] = [Self::Check, Self::Dev, Self::Release];

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Check => &["check"],
            Self::Dev => &["build"],
            Self::Release => &["build", "--release"],
        }
    }
}

/// What one compilation took, in seconds.
#[derive(Debug, Clone, Copy)]
struct Took {
    wall: f64,
    processor: f64,
}

impl Compile {
    /// Whether the bar is met.
    pub(crate) fn run(&self) -> Result<bool, CostError> {
        let generated = Generated::new("compile")?;
        for attribute in source::ATTRIBUTES {
            let library = ("src/lib.rs".to_owned(), source::library(attribute));
            generated.add(attribute.krate, &[library])?;
        }
        println!("{}\n", versions::text()?);
        let mut rows = Vec::new();
        let mut met = true;
        for way in Way::ALL {
            let times = self.times(&generated, way)?;
            let row = Row { way, times };
            met &= row.share() <= SHARE;
            rows.extend(row.lines());
        }
        println!("{}", table(rows));
        Ok(met)
    }

    /// Of each round the time of each crate.
    fn times(&self, generated: &Generated, way: Way) -> Result<Vec<Vec<Took>>, CostError> {
        eprintln!("  cargo {}: dependencies", way.arguments().join(" "));
        compile(&mut cargo(generated, way, None)?)?;
        (1..=self.rounds)
            .map(|round| {
                eprintln!(
                    "  cargo {}: round {round} of {}",
                    way.arguments().join(" "),
                    self.rounds
                );
                let crates = source::ATTRIBUTES.iter();
                crates
                    .map(|attribute| once(generated, way, attribute))
                    .collect()
            })
            .collect()
    }
}

fn once(generated: &Generated, way: Way, attribute: &source::Attribute) -> Result<Took, CostError> {
    let path = format!("{}/src/lib.rs", attribute.krate);
    generated.write(&path, &source::library(attribute))?; // it is newer now than what was compiled
    compile(&mut cargo(generated, way, Some(attribute.krate))?)
}

fn cargo(generated: &Generated, way: Way, only: Option<&str>) -> Result<Command, CostError> {
    let mut command = generated.cargo()?;
    command.args(way.arguments());
    match only {
        Some(krate) => command.args(["--quiet", "--package", krate]),
        None => command.arg("--workspace"),
    };
    Ok(command)
}

fn compile(command: &mut Command) -> Result<Took, CostError> {
    let line = typed(command);
    let failed = |source| CostError::Run {
        command: line.clone(),
        source,
    };
    let start = Instant::now();
    let mut child = command.spawn().map_err(failed)?;
    let used = child.wait4().map_err(failed)?;
    let wall = start.elapsed();
    if !used.status.success() {
        return Err(CostError::Failed {
            command: line,
            status: used.status,
            output: "what went wrong is above".to_owned(),
        });
    }
    let processor: Duration = used.rusage.utime + used.rusage.stime;
    Ok(Took {
        wall: wall.as_secs_f64(),
        processor: processor.as_secs_f64(),
    })
}

/// The times of the crates, in the order of [`source::ATTRIBUTES`], compiled in one way.
struct Row {
    way: Way,
    times: Vec<Vec<Took>>,
}

impl Row {
    fn median(&self, of: impl Fn(&[Took]) -> f64) -> f64 {
        median(self.times.iter().map(|round| of(round)).collect())
    }

    /// What our attribute adds of what the peer's adds, in processor time: other programs do not change that much.
    fn share(&self) -> f64 {
        let added =
            |round: &[Took], index: usize| round[index].processor - round[source::PLAIN].processor;
        self.median(|round| added(round, source::OURS))
            / self.median(|round| added(round, source::PEER))
    }

    fn lines(&self) -> impl Iterator<Item = [String; 7]> + '_ {
        (0..source::ATTRIBUTES.len()).map(|index| match index {
            source::PLAIN => {
                let way = format!("cargo {}", self.way.arguments().join(" "));
                self.line(way, index, [const { String::new() }; 4])
            }
            source::OURS => {
                let [wall, processor] = self.added(index);
                let met = table::met(Some(self.share() <= SHARE)).to_owned();
                let share = format!("{:.2}", self.share());
                self.line(String::new(), index, [wall, processor, share, met])
            }
            _ => {
                let [wall, processor] = self.added(index);
                let added = [wall, processor, String::new(), String::new()];
                self.line(String::new(), index, added)
            }
        })
    }

    fn line(&self, way: String, index: usize, added: [String; 4]) -> [String; 7] {
        let shown = source::ATTRIBUTES[index].shown.to_owned();
        let seconds = self.median(|round| round[index].wall);
        let [wall, processor, share, met] = added;
        [
            way,
            shown,
            format!("{seconds:.2}"),
            wall,
            processor,
            share,
            met,
        ]
    }

    /// Seconds more than without attributes, of wall and processor time.
    fn added(&self, index: usize) -> [String; 2] {
        let times: [fn(Took) -> f64; 2] = [|took| took.wall, |took| took.processor];
        times.map(|of| {
            let added = self.median(|round| of(round[index]) - of(round[source::PLAIN]));
            format!("{added:.2}")
        })
    }
}

fn table(rows: Vec<[String; 7]>) -> String {
    table::text(
        [
            "200 functions",
            "attribute",
            "seconds",
            "added",
            "processor",
            "of instrument",
            "≤ 0.6",
        ],
        rows,
    )
}
