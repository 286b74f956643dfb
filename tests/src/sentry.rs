//! A Sentry on loopback that keeps the events it is sent.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

type Events = Arc<Mutex<Vec<Value>>>;

/// A server that takes envelopes until it is dropped.
#[derive(Debug)]
pub struct Sentry {
    address: SocketAddr,
    events: Events,
    serving: JoinHandle<io::Result<()>>,
}

impl Sentry {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// If there is none.
    pub async fn start() -> io::Result<Self> {
        let events = Events::default();
        let app = Router::new()
            .route("/api/42/envelope/", post(take))
            .with_state(Arc::clone(&events));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Ok(Self {
            address: listener.local_addr()?,
            events,
            serving: tokio::spawn(async { axum::serve(listener, app).await }),
        })
    }

    /// What a service is given to send here.
    #[must_use]
    pub fn dsn(&self) -> String {
        format!("http://public@{}/42", self.address)
    }

    /// The events so far, as [Sentry's protocol](https://develop.sentry.dev/sdk/data-model/event-payloads/) has them.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        let events = self.events.lock();
        events.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Sentry {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An envelope is lines of JSON: its header, and for each item a header and what it is.
async fn take(State(events): State<Events>, envelope: Bytes) {
    let lines = envelope.split(|byte| *byte == b'\n');
    let values = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
    events.extend(values.filter(|value| value.get("exception").is_some()));
}
