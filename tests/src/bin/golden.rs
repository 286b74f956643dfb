//! `cargo golden`: plays recordings of the original service against the SDK.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use axisor_tests::golden::{Recording, Through, run};
use clap::{Parser, ValueEnum};

/// Plays every recording of a directory against a real server with the SDK and compares the series sample by
/// sample. Exits with 1 if anything differs, with 2 if nothing could be played.
#[derive(Parser)]
#[command(name = "cargo golden")]
struct Arguments {
    /// The directory with the recordings, NAME.scenario.json and its companions
    dir: PathBuf,
    /// Where the series are looked at
    #[arg(long, value_enum, default_value = "in-process")]
    through: Way,
    /// Plays only the scenarios of these names
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Way {
    /// On the service's own /metrics
    InProcess,
    /// On the Collector's page, after OTLP
    Collector,
    /// In Prometheus through its API, after OTLP and the Collector
    Prometheus,
}

impl From<Way> for Through {
    fn from(way: Way) -> Self {
        match way {
            Way::InProcess => Self::InProcess,
            Way::Collector => Self::Collector,
            Way::Prometheus => Self::Prometheus,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match play(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", chain(&*error));
            ExitCode::from(2)
        }
    }
}

async fn play(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut recordings = Recording::read_all(&arguments.dir)?;
    if !arguments.only.is_empty() {
        check_names(&arguments, &recordings)?;
        recordings.retain(|recording| arguments.only.contains(&recording.name));
    }
    let report = run(recordings, arguments.through.into()).await?;
    println!("{report}");
    Ok(ExitCode::from(u8::from(report.differences() > 0)))
}

#[derive(Debug, thiserror::Error)]
#[error("`{}` has no scenario `{name}`", dir.display())]
struct UnknownScenario {
    name: String,
    dir: PathBuf,
}

fn check_names(arguments: &Arguments, recordings: &[Recording]) -> Result<(), UnknownScenario> {
    let known = |name: &&String| recordings.iter().any(|recording| recording.name == **name);
    match arguments.only.iter().find(|name| !known(name)) {
        Some(name) => Err(UnknownScenario {
            name: name.clone(),
            dir: arguments.dir.clone(),
        }),
        None => Ok(()),
    }
}

fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
