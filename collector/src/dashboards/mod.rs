//! Grafana dashboards, made from the catalogue and the rules.
//!
//! Names, descriptions and labels are the catalogue's, thresholds and runbooks those of the alerts, so nothing stands
//! twice. `cargo stack dashboards` writes them to `grafana/dashboards/`, where they are committed.
//!
//! | room | what it answers |
//! |---|---|
//! | `http` `automations` `margin_guard` `workers` `health` `stores` `service_levels` `pipeline` | what is on each |
//! | `panel` `query` | what a panel is, and how expressions are put together |
//! | `alerts` | what the rules say of an alert |
//! | `json` | the same as Grafana reads it |

mod alerts;
mod automations;
mod health;
mod http;
mod json;
mod margin_guard;
mod panel;
mod pipeline;
mod query;
mod service_levels;
mod stores;
mod workers;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use alerts::AlertError;
pub use panel::{Kind, Panel, Query, Row, Threshold, Unit};

use alerts::Alerts;

use crate::site::committed;

/// A dashboard.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Dashboard {
    /// Its address in Grafana, `axisor-http`, and with `.json` its file.
    pub uid: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What can be chosen on it: a label, and the series whose values of it are offered.
    pub variables: Vec<(&'static str, &'static str)>,
    /// Its rows, from above.
    pub rows: Vec<Row>,
}

/// Why dashboards were not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// A panel goes by an alert that is not there, or has no threshold.
    #[error(transparent)]
    Alert(#[from] AlertError),
    /// A file could not be written.
    #[error("cannot write `{}`", file.display())]
    Write {
        /// Which.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// All of them.
///
/// # Errors
/// [`DashboardError::Alert`] if the committed rules lack an alert that a panel goes by.
pub fn all() -> Result<Vec<Dashboard>, DashboardError> {
    let alerts = Alerts::committed()?;
    Ok(vec![
        http::dashboard(&alerts)?,
        automations::dashboard(&alerts)?,
        margin_guard::dashboard(),
        workers::dashboard(&alerts)?,
        health::dashboard(&alerts)?,
        stores::dashboard(&alerts)?,
        service_levels::dashboard(),
        pipeline::dashboard(),
    ])
}

/// Where they are committed.
#[must_use]
pub fn committed_dir() -> PathBuf {
    committed("grafana/dashboards")
}

/// Writes all of them into `dir`, each as `<uid>.json`, and says which files.
///
/// # Errors
/// [`DashboardError`].
pub fn write(dir: &Path) -> Result<Vec<PathBuf>, DashboardError> {
    let mut files = Vec::new();
    for dashboard in all()? {
        let file = dir.join(format!("{}.json", dashboard.uid));
        let text = format!("{:#}\n", dashboard.to_json());
        let written = fs::create_dir_all(dir).and_then(|()| fs::write(&file, text));
        written.map_err(|source| DashboardError::Write {
            file: file.clone(),
            source,
        })?;
        files.push(file);
    }
    Ok(files)
}
