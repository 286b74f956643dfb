//! Asks Alertmanager through its API.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::api::{self, ApiError};

/// An Alertmanager.
#[derive(Debug, Clone)]
pub struct Alertmanager {
    url: String,
    http: reqwest::Client,
}

/// An alert that fires.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Alert {
    /// Its labels, `alertname` among them.
    pub labels: BTreeMap<String, String>,
    /// What it says.
    pub annotations: BTreeMap<String, String>,
}

impl Alertmanager {
    /// The one at this address, `http://127.0.0.1:9093`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            http: reqwest::Client::new(),
        }
    }

    /// The alerts of this name that fire.
    ///
    /// # Errors
    /// [`ApiError`] if nobody answers.
    pub async fn alerts(&self, name: &str) -> Result<Vec<Alert>, ApiError> {
        let url = format!("{}/api/v2/alerts", self.url);
        let filter = format!("alertname={name:?}");
        api::get(&self.http, &url, &[("filter", &filter)]).await
    }
}
