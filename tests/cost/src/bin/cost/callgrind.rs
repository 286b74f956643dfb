//! Instructions, counted by valgrind's callgrind.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::{read, run};
use crate::error::CostError;

/// Counts what the probe's main thread does in its function `run`, and what all other threads do.
///
/// What comes before is left out: there fastrace's and quanta's clocks wait for time to pass, which is no number of
/// instructions.
const ARGUMENTS: [&str; 4] = [
    "--quiet",
    "--tool=callgrind",
    "--toggle-collect=probe::run",
    "--toggle-collect=*thread_start*",
];

/// The command that counts, without the program.
pub(crate) fn typed() -> String {
    format!("valgrind {}", ARGUMENTS.join(" "))
}

/// The version of valgrind. Installs it where that can be done without asking anybody.
pub(crate) fn prepare() -> Result<String, CostError> {
    let version = || read(Command::new("valgrind").arg("--version"));
    if let Ok(version) = version() {
        return Ok(version.trim().to_owned());
    }
    if !rustix::process::geteuid().is_root() || !is_there("apt-get") {
        return Err(CostError::NoValgrind);
    }
    eprintln!("valgrind is not installed: installing it with apt-get");
    run(Command::new("apt-get")
        .args(["--quiet", "update"])
        .stdout(Stdio::null()))?;
    run(Command::new("apt-get")
        .args(["--quiet", "install", "--yes", "valgrind"])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null()))?;
    version().map(|version| version.trim().to_owned())
}

fn is_there(program: &str) -> bool {
    read(Command::new(program).arg("--version")).is_ok()
}

/// How many instructions `program` takes.
pub(crate) fn count(program: &Path, arguments: &[String]) -> Result<u64, CostError> {
    let profile = tempfile::NamedTempFile::new().map_err(|source| CostError::File {
        path: std::env::temp_dir(),
        source,
    })?;
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(ARGUMENTS)
        .arg(format!("--callgrind-out-file={}", profile.path().display()))
        .arg(program)
        .args(arguments)
        .env_clear() // its size is part of what a program does
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    read(&mut valgrind)?;
    let text = fs::read_to_string(profile.path()).map_err(|source| CostError::File {
        path: profile.path().to_owned(),
        source,
    })?;
    let counted = total(&text).filter(|counted| *counted > 0);
    counted.ok_or_else(|| CostError::NothingCounted {
        command: crate::command::typed(&valgrind),
    })
}

/// The total of a profile in callgrind's format.
fn total(profile: &str) -> Option<u64> {
    let line = profile
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("totals: "))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn the_total_is_the_last_one_of_the_profile() {
        let profile = "version: 1\nevents: Ir\nfn=(1) main\n16 400\n\ntotals: 970072\n";
        assert_eq!(total(profile), Some(970_072));
        assert_eq!(total("version: 1\n"), None);
    }
}
