//! Which versions are compared.

use std::process::Command;

use serde::Deserialize;

use crate::callgrind;
use crate::command::read;
use crate::error::CostError;

/// The crates whose version matters.
const NAMED: [&str; 9] = [
    "axisor-telemetry",
    "autometrics",
    "prometheus",
    "tracing",
    "tracing-opentelemetry",
    "opentelemetry_sdk",
    "opentelemetry-otlp",
    "fastrace",
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

/// The versions of the crates `names`, as the lock file of this program has them.
pub(crate) fn of(names: &[&str]) -> String {
    let lock: Lock = toml::from_str(include_str!("../../../Cargo.lock")).expect("cargo wrote it");
    let packages = lock
        .package
        .iter()
        .filter(|package| names.contains(&package.name.as_str()));
    let versions: Vec<_> = packages
        .map(|package| format!("{} {}", package.name, package.version))
        .collect();
    versions.join(", ")
}

/// What was compared, and with what.
pub(crate) fn text(valgrind: &str) -> Result<String, CostError> {
    let rustc = read(Command::new("rustc").arg("--version"))?;
    Ok(format!(
        "{}\n{}, release profile; {valgrind}: {}",
        of(&NAMED),
        rustc.trim(),
        callgrind::typed()
    ))
}
