//! Which versions are compared.

use std::process::Command;

use serde::Deserialize;

use crate::command::read;
use crate::error::CostError;

/// The crates whose version matters.
const NAMED: [&str; 9] = [
    "axisor-telemetry",
    "autometrics",
    "fastrace",
    "tracing",
    "tracing-opentelemetry",
    "prometheus",
    "opentelemetry_sdk",
    "opentelemetry-otlp",
    "fastrace-opentelemetry",
];

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

/// What is compared, and with which compiler.
pub(crate) fn text() -> Result<String, CostError> {
    let rustc = read(Command::new("rustc").arg("--version"))?;
    Ok(format!("{}\n{}", of(&NAMED), rustc.trim()))
}

/// The versions of the attributes and of what they record with.
pub(crate) fn compared() -> String {
    of(&NAMED[..5])
}

/// The versions of the crates `names`, as the lock file of this program has them.
fn of(names: &[&str]) -> String {
    let lock: Lock = toml::from_str(include_str!("../../../Cargo.lock")).expect("cargo wrote it");
    let packages = lock.package.iter();
    let versions: Vec<_> = packages
        .filter(|package| names.contains(&package.name.as_str()))
        .map(|package| format!("{} {}", package.name, package.version))
        .collect();
    versions.join(", ")
}
