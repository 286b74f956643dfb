//! Programs of the distribution, installed where they are missing.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Why a program cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// Only root can install it.
    #[error(
        "`{program}` is missing, expected it in PATH: install the package `{package}`, or run the tests as root"
    )]
    NotRoot {
        /// What is missing.
        program: &'static str,
        /// What has it.
        package: &'static str,
    },
    /// `apt-get` is not there or could not be run.
    #[error("`{program}` is missing and `apt-get`, which would install `{package}`, cannot be run")]
    NoAptGet {
        /// What is missing.
        program: &'static str,
        /// What has it.
        package: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// `apt-get` refused, or installed something else.
    #[error("`apt-get install {package}` did not bring `{program}`:\n{output}")]
    NotInstalled {
        /// What is missing.
        program: &'static str,
        /// What should have it.
        package: &'static str,
        /// The end of what it said.
        output: String,
    },
}

/// A program of the distribution's: found by `find`, which looks again after the package was installed.
///
/// # Errors
/// [`PackageError`].
pub fn program(
    program: &'static str,
    package: &'static str,
    find: impl Fn() -> Option<PathBuf>,
) -> Result<PathBuf, PackageError> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = find() {
        return Ok(found);
    }
    let output = install(program, package)?;
    find().ok_or(PackageError::NotInstalled {
        program,
        package,
        output,
    })
}

/// The first program of this name in PATH.
#[must_use]
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|candidate| candidate.is_file())
}

/// Whether this process may do everything.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn install(program: &'static str, package: &'static str) -> Result<String, PackageError> {
    if !is_root() {
        return Err(PackageError::NotRoot { program, package });
    }
    eprintln!("services: installing {package} with apt-get (once; about half a minute)");
    let mut said = String::new();
    for arguments in [
        &["update", "-qq"][..],
        &["install", "-qq", "--no-install-recommends", package][..],
    ] {
        let output = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("RUNLEVEL", "1") // the package's own service is not started
            .stdin(Stdio::null())
            .output()
            .map_err(|source| PackageError::NoAptGet {
                program,
                package,
                source,
            })?;
        said = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    let skip = said.lines().count().saturating_sub(5);
    Ok(said.lines().skip(skip).collect::<Vec<_>>().join("\n"))
}

/// A directory of a program's own: a test's, given to `owner` if this process is root.
///
/// # Errors
/// If it cannot be made.
pub fn directory(prefix: &str, owner: Option<(u32, u32)>) -> io::Result<tempfile::TempDir> {
    let dir = tempfile::Builder::new().prefix(prefix).tempdir()?;
    if let Some((user, group)) = owner {
        give(dir.path(), user, group)?;
    }
    Ok(dir)
}

fn give(path: &Path, user: u32, group: u32) -> io::Result<()> {
    std::os::unix::fs::chown(path, Some(user), Some(group))
}
