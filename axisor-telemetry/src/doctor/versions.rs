//! How many versions of `opentelemetry` a program has, by its lock file.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde::Deserialize;

use super::{Cause, DoctorError, Finding, Hop};

const PACKAGE: &str = "opentelemetry";

/// As Cargo writes it: <https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>.
#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    /// The name, and the version where there are several.
    #[serde(default)]
    dependencies: Vec<String>,
}

/// A finding if the lock file at `path` has several versions.
///
/// # Errors
/// [`DoctorError::LockFile`] if it cannot be read, or is none.
pub(super) fn look(path: &Path) -> Result<Option<Finding>, DoctorError> {
    let unreadable = |source| DoctorError::LockFile {
        path: path.to_owned(),
        source,
    };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let lock: Lock = toml::from_str(&text)
        .map_err(|error| unreadable(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    Ok(judge(&lock))
}

fn judge(lock: &Lock) -> Option<Finding> {
    let ours = lock
        .package
        .iter()
        .filter(|package| package.name == PACKAGE);
    let mut versions: Vec<String> = ours.map(|package| package.version.clone()).collect();
    versions.sort_by_key(|version| numbers(version));
    let (_newest, older) = versions.split_last()?;
    if older.is_empty() {
        return None;
    }
    let through = through(lock, older);
    let cause = Cause::TwoVersions { versions, through };
    Some(Finding::new(Hop::Service, cause))
}

/// Who depends on one of these versions.
fn through(lock: &Lock, versions: &[String]) -> Vec<String> {
    let wanted = |dependency: &String| match dependency.split_once(' ') {
        Some((PACKAGE, version)) => versions.iter().any(|known| known == version),
        _ => false,
    };
    let named = |package: &Package| format!("{} {}", package.name, package.version);
    let users = lock
        .package
        .iter()
        .filter(|package| package.dependencies.iter().any(wanted));
    let users: BTreeSet<String> = users.map(named).collect();
    users.into_iter().collect()
}

/// So that 0.9 comes before 0.33.
fn numbers(version: &str) -> Vec<u64> {
    version
        .split(['.', '-', '+'])
        .map_while(|number| number.parse().ok())
        .collect()
}
