//! What is wrong with a configuration.

use std::path::PathBuf;
use std::{fmt, io};

use super::sections::{self, Kind};

/// Why a configuration was not taken. Secrets never appear in the text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A setting's value is not one it can have.
    #[error("`{key}` from {origin} is `{given}`, expected {expected}")]
    Value {
        /// The setting.
        key: &'static str,
        /// Where the value stands.
        origin: Origin,
        /// The value, secrets masked, cut if long.
        given: String,
        /// What the setting takes.
        expected: &'static str,
    },
    /// There is no such setting.
    #[error("`{key}` from {origin} is no setting{}", did_you_mean(hint.as_deref()))]
    UnknownKey {
        /// The key, or the variable's name.
        key: String,
        /// Where it stands.
        origin: Origin,
        /// The setting or variable that was probably meant.
        hint: Option<String>,
    },
    /// The file cannot be read.
    #[error("configuration file `{}` cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("configuration file `{}` is not TOML: line {line}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What the parser met.
        reason: String,
    },
    /// The file a setting names has no certificates.
    #[error("`{key}` from {origin} is `{}`, expected {}", path.display(), Kind::Certificate.expected())]
    Certificate {
        /// The setting.
        key: &'static str,
        /// Where the value stands.
        origin: Origin,
        /// The file.
        path: PathBuf,
        /// Why it cannot be read, or what is wrong with what it says.
        source: io::Error,
    },
    /// The setting needs a feature this build lacks.
    #[error(
        "`{key}` from {origin} is `{given}`, which needs the crate feature `{feature}`, absent from this build"
    )]
    MissingFeature {
        /// The setting.
        key: &'static str,
        /// Where the value stands.
        origin: Origin,
        /// The value.
        given: String,
        /// The feature of `axisor-telemetry`.
        feature: &'static str,
    },
}

impl ConfigError {
    pub(super) fn unknown_key(key: &str, origin: Origin) -> Self {
        Self::UnknownKey {
            key: key.to_owned(),
            origin,
            hint: sections::nearest_key(key),
        }
    }
}

fn did_you_mean(hint: Option<&str>) -> String {
    hint.map_or_else(String::new, |hint| format!("; did you mean `{hint}`?"))
}

/// Where a setting's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Given by the program.
    Code,
    /// This environment variable.
    Environment(String),
    /// A file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// Nobody gave a value.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => f.write_str("code"),
            Self::Environment(variable) => write!(f, "environment variable {variable}"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}
