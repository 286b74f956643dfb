//! Who is paged: a receiver of Alertmanager's webhooks.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::process::lock;

/// An alert that somebody was told of.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) came: Instant,
    pub(crate) resolved: Option<Instant>,
}

/// A running receiver; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Pager {
    pages: Shared,
    /// The files in which Alertmanager finds where it is.
    secrets: TempDir,
    _server: JoinSet<io::Result<()>>,
}

type Shared = Arc<Mutex<Pages>>;

#[derive(Debug, Default)]
struct Pages {
    pages: Vec<Page>,
    last_heartbeat: Option<Instant>,
}

/// What Alertmanager sends, as far as it is looked at: <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>.
#[derive(Debug, Deserialize)]
struct Message {
    alerts: Vec<Alert>,
}

#[derive(Debug, Deserialize)]
struct Alert {
    status: Status,
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Firing,
    Resolved,
}

impl Pager {
    /// Listens on a free port of loopback.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let secrets = tempfile::tempdir()?;
        for (name, secret) in [
            ("webhook_url", format!("{url}/page")),
            ("webhook_token", "drill".to_owned()),
            ("tickets_url", format!("{url}/page")),
            ("heartbeat_url", format!("{url}/heartbeat")),
        ] {
            fs::write(secrets.path().join(name), secret)?;
        }
        let pages = Shared::default();
        let router = Router::new()
            .route("/page", post(page))
            .route("/heartbeat", post(heartbeat))
            .with_state(Arc::clone(&pages));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            pages,
            secrets,
            _server: server,
        })
    }

    /// Alertmanager's directory of secrets.
    pub(crate) fn secrets(&self) -> &std::path::Path {
        self.secrets.path()
    }

    /// The pages that came since then.
    pub(crate) fn since(&self, since: Instant) -> Vec<Page> {
        let pages = lock(&self.pages);
        let new = pages.pages.iter().filter(|page| page.came >= since);
        new.cloned().collect()
    }

    /// The pages whose alerts still fire.
    pub(crate) fn unresolved(&self) -> Vec<Page> {
        let pages = lock(&self.pages);
        let open = pages.pages.iter().filter(|page| page.resolved.is_none());
        open.cloned().collect()
    }

    /// When the heartbeat came last.
    pub(crate) fn last_heartbeat(&self) -> Option<Instant> {
        lock(&self.pages).last_heartbeat
    }
}

impl Page {
    /// The value of a label, or nothing.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

async fn page(State(pages): State<Shared>, Json(message): Json<Message>) {
    let mut pages = lock(&pages);
    for alert in message.alerts {
        pages.take(alert);
    }
}

async fn heartbeat(State(pages): State<Shared>) {
    lock(&pages).last_heartbeat = Some(Instant::now());
}

impl Pages {
    /// A reminder of what fires already is no other page.
    fn take(&mut self, alert: Alert) {
        let now = Instant::now();
        let mut open = self.pages.iter_mut().filter(|page| page.resolved.is_none());
        let known = open.find(|page| page.labels == alert.labels);
        match (known, alert.status) {
            (Some(page), Status::Resolved) => page.resolved = Some(now),
            (None, Status::Firing) => self.pages.push(Page {
                labels: alert.labels,
                came: now,
                resolved: None,
            }),
            (Some(_), Status::Firing) | (None, Status::Resolved) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(status: Status) -> Alert {
        let labels = [("alertname", "BackendDown")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Alert {
            status,
            labels: labels.into(),
        }
    }

    #[test]
    fn a_reminder_is_no_other_page_and_a_relapse_is_one() {
        let mut pages = Pages::default();
        for status in [Status::Firing, Status::Firing, Status::Resolved] {
            pages.take(alert(status));
        }
        assert_eq!(pages.pages.len(), 1);
        assert!(pages.pages[0].resolved.is_some());
        pages.take(alert(Status::Resolved));
        pages.take(alert(Status::Firing));
        assert_eq!(pages.pages.len(), 2);
        assert!(pages.pages[1].resolved.is_none());
    }
}
