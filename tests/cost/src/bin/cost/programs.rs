//! The programs that make the calls.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::error::CostError;

/// The directory of the package.
pub(crate) const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// The programs that make the calls, as built for a release.
pub(crate) struct Programs {
    /// `probe`, for instructions and times.
    pub(crate) probe: PathBuf,
    /// `allocations`, which counts them.
    pub(crate) allocations: PathBuf,
}

impl Programs {
    /// Builds them.
    pub(crate) fn build() -> Result<Self, CostError> {
        let target = target_dir()?;
        let mut build = cargo();
        build
            .args(["build", "--release", "--bin=probe", "--bin=allocations"])
            .arg(format!("--manifest-path={PACKAGE}/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target);
        run(&mut build)?;
        Ok(Self {
            probe: target.join("release/probe"),
            allocations: target.join("release/allocations"),
        })
    }
}

/// The cargo that runs this program, or else the one in the path.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Where this program was built, `target/release/cost`.
pub(crate) fn target_dir() -> Result<PathBuf, CostError> {
    let program = std::env::current_exe().map_err(|source| CostError::File {
        path: "this program".into(),
        source,
    })?;
    let target = program.ancestors().nth(2).unwrap_or_else(|| Path::new("."));
    Ok(target.to_owned())
}
