//! Crates that are written to be compiled, in a workspace of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::CostError;
use crate::programs::{PACKAGE, cargo, target_dir};

/// A workspace below this program's target directory, so that its dependencies stay compiled.
pub(crate) struct Generated {
    root: PathBuf,
}

/// The peers and axisor-telemetry as dependencies, in the versions of this program's lock file.
///
/// Every crate gets all of them: cargo's own work is then the same for all, and rustc reads only what is named.
fn dependencies() -> String {
    format!(
        r#"
[dependencies]
async-trait = "0.1"
autometrics = {{ version = "3", features = ["prometheus-0_14"] }}
axisor-telemetry = {{ path = "{PACKAGE}/../../axisor-telemetry", default-features = false }}
fastrace = {{ version = "0.7", features = ["enable"] }}
futures-util = {{ version = "0.3", default-features = false, features = ["std"] }}
opentelemetry = {{ version = "0.33", default-features = false, features = ["trace"] }}
opentelemetry_sdk = {{ version = "0.33", default-features = false, features = ["testing", "trace"] }}
prometheus = {{ version = "0.14", default-features = false }}
tracing = "0.1"
tracing-opentelemetry = "0.34"
tracing-subscriber = {{ version = "0.3", default-features = false, features = ["registry", "std"] }}
"#
    )
}

impl Generated {
    /// Makes an empty workspace of this name, in place of the one that was there.
    pub(crate) fn new(name: &str) -> Result<Self, CostError> {
        let root = target_dir()?.join("generated").join(name);
        if root.exists() {
            fs::remove_dir_all(&root).map_err(|source| unusable(&root, source))?;
        }
        let generated = Self { root };
        generated.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n",
        )?;
        generated.write("Cargo.lock", include_str!("../../../Cargo.lock"))?;
        Ok(generated)
    }

    /// Adds a crate, whose further `files` have paths below it.
    pub(crate) fn add(&self, name: &str, files: &[(String, String)]) -> Result<(), CostError> {
        let mut manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
        manifest.push_str(&dependencies());
        self.write(&format!("{name}/Cargo.toml"), &manifest)?;
        files
            .iter()
            .try_for_each(|(path, text)| self.write(&format!("{name}/{path}"), text))
    }

    /// Writes a file of the workspace.
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), CostError> {
        let path = self.root.join(path);
        let dir = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(dir)
            .and_then(|()| fs::write(&path, text))
            .map_err(|source| unusable(&path, source))
    }

    /// Cargo in this workspace.
    pub(crate) fn cargo(&self) -> Result<Command, CostError> {
        let mut command = cargo();
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", target_dir()?.join("generated/target"))
            .env("CARGO_INCREMENTAL", "0");
        Ok(command)
    }
}

fn unusable(path: &Path, source: std::io::Error) -> CostError {
    CostError::File {
        path: path.to_owned(),
        source,
    }
}
