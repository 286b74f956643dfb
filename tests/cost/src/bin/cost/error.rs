//! Why nothing can be said.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a command could not measure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CostError {
    #[error(
        "valgrind is not installed: `apt-get install valgrind`, or your system's way to install it"
    )]
    NoValgrind,
    #[error("cannot run `{command}`")]
    Run { command: String, source: io::Error },
    #[error("`{command}` ended with {status}:\n{output}")]
    Failed {
        command: String,
        status: ExitStatus,
        output: String,
    },
    #[error("`{command}` printed `{printed}`, expected {expected}")]
    Printed {
        command: String,
        printed: String,
        expected: &'static str,
    },
    #[error("of {expected} spans of `{case}` {received} arrived: what this run costs says nothing")]
    SpansLost {
        case: String,
        expected: u64,
        received: u64,
    },
    #[error("`{command}` counted nothing: is the function `run` of the probe there?")]
    NothingCounted { command: String },
    #[error("cannot receive spans on loopback")]
    Sink(#[source] io::Error),
    #[error("cannot use `{}`", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("`{}` has no place for the table, expected the lines `{begin}` and `{end}`", path.display())]
    NoPlace {
        path: PathBuf,
        begin: &'static str,
        end: &'static str,
    },
    #[error("cargo says nothing of the program `{program}`; of its library: {library}")]
    NotBuilt { program: String, library: String },
}
