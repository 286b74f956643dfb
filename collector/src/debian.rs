//! Programs out of Debian's packages, unpacked without being installed: that needs no root, and
//! starts no service.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

/// Why a package's program could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DebianError {
    /// A command failed, or left nothing.
    #[error("`{command}` failed: {said}")]
    Failed {
        /// The command, as it could be typed.
        command: String,
        /// What it said.
        said: String,
    },
    /// A command could not be run.
    #[error("cannot run `{command}`")]
    Run {
        /// The command, as it could be typed.
        command: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Downloads and unpacks a package in `dir`, and gives the directory of its programs.
pub(crate) async fn unpack(package: &str, dir: &Path) -> Result<PathBuf, DebianError> {
    download(package, dir).await?;
    let file = downloaded(package, dir)?;
    let file = file.display().to_string();
    run("dpkg-deb", &["--extract", &file, "unpacked"], dir).await?;
    Ok(dir.join("unpacked/usr/bin"))
}

/// Once more with new lists of packages if there are none yet, or only old ones.
async fn download(package: &str, dir: &Path) -> Result<(), DebianError> {
    let first = run("apt-get", &["download", package], dir).await;
    if first.is_ok() || run("apt-get", &["update"], dir).await.is_err() {
        return first;
    }
    run("apt-get", &["download", package], dir).await
}

/// Its name has the version, which is apt's choice.
fn downloaded(package: &str, dir: &Path) -> Result<PathBuf, DebianError> {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files = files.map(|file| file.path());
    let is_package = |file: &PathBuf| file.extension().is_some_and(|end| end == "deb");
    files.find(is_package).ok_or_else(|| DebianError::Failed {
        command: format!("apt-get download {package}"),
        said: "no file came".to_owned(),
    })
}

async fn run(program: &str, args: &[&str], dir: &Path) -> Result<(), DebianError> {
    let command = format!("{program} {}", args.join(" "));
    let output = Command::new(program)
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(DebianError::Failed {
            command,
            said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
        Err(source) => Err(DebianError::Run { command, source }),
    }
}
