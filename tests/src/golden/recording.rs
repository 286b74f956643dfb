//! The files of one scenario.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::de::DeserializeOwned;

use super::answers::Answers;
use super::scenario::{Scenario, ScenarioError};

/// Why a directory of recordings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not the JSON it should be.
    #[error("`{}` is no recording: {source}", path.display())]
    Json {
        /// Which.
        path: PathBuf,
        /// Where it breaks off.
        source: serde_json::Error,
    },
    /// A directory without a single scenario.
    #[error("`{}` has no file `NAME.scenario.json`", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
}

/// A scenario with everything recorded of it.
#[derive(Debug)]
pub struct Recording {
    /// The files' common name.
    pub name: String,
    pub(super) scenario: Result<Scenario, ScenarioError>,
    pub(super) answers: Answers,
    /// The recorded bodies by their part of the file's name: `metrics`, `scrape-3`, `scrape-0-1`.
    pub(super) texts: BTreeMap<String, String>,
}

impl Recording {
    /// Reads every recording of a directory, by name.
    ///
    /// # Errors
    /// [`RecordingError`] if a file is missing or is not what it should be.
    pub fn read_all(dir: &Path) -> Result<Vec<Self>, RecordingError> {
        let files = file_names(dir)?;
        let names: Vec<&str> = files
            .iter()
            .filter_map(|file| file.strip_suffix(".scenario.json"))
            .collect();
        if names.is_empty() {
            return Err(RecordingError::Empty {
                path: dir.to_owned(),
            });
        }
        names
            .into_iter()
            .map(|name| Self::read(dir, name, &files))
            .collect()
    }

    fn read(dir: &Path, name: &str, files: &[String]) -> Result<Self, RecordingError> {
        let of_this = |file: &String| -> Option<(String, PathBuf)> {
            let rest = file.strip_prefix(name)?.strip_prefix('.')?;
            Some((rest.strip_suffix(".txt")?.to_owned(), dir.join(file)))
        };
        let texts = files
            .iter()
            .filter_map(of_this)
            .map(|(text, path)| Ok((text, read(&path)?)))
            .collect::<Result<_, _>>()?;
        let scenario = json(&dir.join(format!("{name}.scenario.json")))?;
        Ok(Self {
            name: name.to_owned(),
            scenario: Scenario::read(name, scenario),
            answers: json(&dir.join(format!("{name}.answers.json")))?,
            texts,
        })
    }
}

fn file_names(dir: &Path) -> Result<Vec<String>, RecordingError> {
    let failed = |source| RecordingError::Read {
        path: dir.to_owned(),
        source,
    };
    let mut names: Vec<String> = fs::read_dir(dir)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> Result<String, RecordingError> {
    fs::read_to_string(path).map_err(|source| RecordingError::Read {
        path: path.to_owned(),
        source,
    })
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, RecordingError> {
    serde_json::from_str(&read(path)?).map_err(|source| RecordingError::Json {
        path: path.to_owned(),
        source,
    })
}
