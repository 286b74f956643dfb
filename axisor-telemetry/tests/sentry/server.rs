//! A Sentry on loopback.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axisor_telemetry::{Telemetry, TelemetryBuilder};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use sentry::Envelope;
use sentry::protocol::{Context, Event, TraceContext};
use tokio::runtime::Runtime;

pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

/// Keeps the events it was sent, on a thread of its own that stays.
pub(crate) struct Server {
    addr: SocketAddr,
    received: Arc<Mutex<Vec<(HeaderMap, Event<'static>)>>>,
}

impl Server {
    pub(crate) fn answering(status: StatusCode) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let received = Arc::<Mutex<Vec<_>>>::default();
        let keep = Arc::clone(&received);
        let take = move |headers: HeaderMap, body: Bytes| async move {
            let envelope = Envelope::from_slice(&body).expect("an envelope");
            let event = envelope.event().expect("an event").clone();
            keep.lock().expect("not poisoned").push((headers, event));
            status
        };
        let app = Router::new().route("/api/42/envelope/", post(take));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let addr = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, app).await
            })
        });
        Self { addr, received }
    }

    pub(crate) fn up() -> Self {
        Self::answering(StatusCode::OK)
    }

    pub(crate) fn telemetry(&self) -> TelemetryBuilder {
        sending(&format!("http://public@{}/42", self.addr))
    }

    pub(crate) fn received(&self) -> Vec<(HeaderMap, Event<'static>)> {
        self.received.lock().expect("not poisoned").clone()
    }

    pub(crate) fn events(&self) -> Vec<Event<'static>> {
        self.received()
            .into_iter()
            .map(|(_, event)| event)
            .collect()
    }

    /// The only event there is once everything is sent.
    #[track_caller]
    pub(crate) fn only(&self, telemetry: &Telemetry) -> Event<'static> {
        telemetry.force_flush(DEADLINE).expect("everything is sent");
        let mut events = self.events();
        assert_eq!(events.len(), 1, "{events:#?}");
        events.remove(0)
    }

    /// Waits for an event that says this.
    pub(crate) fn event(&self, text: &str) -> Event<'static> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let says = |event: &Event<'_>| value(event) == Some(text);
            if let Some(event) = self.events().into_iter().find(says) {
                return event;
            }
            assert!(Instant::now() < deadline, "never: {text}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

pub(crate) fn sending(dsn: &str) -> TelemetryBuilder {
    Telemetry::builder("axisor-test")
        .without_environment()
        .set("logging.level", "warn")
        .set("sentry.enabled", true)
        .set("sentry.dsn", dsn)
}

/// The text of the event's exception.
pub(crate) fn value<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    event.exception.values.first()?.value.as_deref()
}

pub(crate) fn trace(event: &Event<'_>) -> TraceContext {
    match event.contexts.get("trace") {
        Some(Context::Trace(trace)) => (**trace).clone(),
        other => panic!("{other:?} is no trace"),
    }
}
