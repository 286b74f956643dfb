//! Failures on their way to Sentry: events by its crate, sent like everything else.
//!
//! The caller leaves a failure in a bounded queue. The exporters' thread makes an event of it and sends its envelope, so
//! that neither Sentry's absence nor its code holds anybody up. Nothing of Sentry's is global.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use sentry::protocol::{
    Context, Event, Exception, Frame, Level, Mechanism, Stacktrace, TraceContext,
};
use sentry::types::{Dsn, ParseDsnError};
use sentry::{Client, ClientOptions, Envelope};

use super::PipelineError;
use super::batches::{self, Encode, Items};
use super::ledger::{Ledger, Signal};
use super::otlp::Export;
use super::queue::{Batching, Queue};
use super::shutdown::{Destination, Pipeline};
use crate::config::{Compression, Config, Otlp, Protocol, Secret};
use crate::trace::{Failure, FailureSink, Place, Seen};

/// A burst of failures is many times the same; what does not fit is counted.
const BATCHING: Batching = Batching {
    queue_size: 200,
    batch_size: 20,
    schedule_delay: Duration::from_secs(1),
    export_timeout: Duration::from_secs(30),
};

/// How long one try may take.
const TIMEOUT: Duration = Duration::from_secs(10);

const AGENT: &str = concat!("axisor-telemetry/", env!("CARGO_PKG_VERSION"));

/// Starts to send failures.
///
/// # Errors
/// [`PipelineError`] for a DSN that is none, and as for every receiver.
pub(super) fn start(
    config: &Config,
    pipeline: &mut Pipeline,
    ledger: &Arc<Ledger>,
) -> Result<Arc<dyn FailureSink>, PipelineError> {
    let dsn = dsn(config)?;
    let client = Arc::new(client(config));
    let encoder = EventEncoder(Arc::clone(&client));
    let ((queue, hold), exporter) = batches::queue(Signal::Errors, BATCHING, encoder, ledger);
    let to = Destination {
        otlp: &endpoint(&dsn),
        content_type: "application/x-sentry-envelope",
    };
    pipeline.send_batches(&to, hold, exporter)?;
    #[expect(clippy::cast_possible_truncation, reason = "a share from 0 to 1")]
    let sample_rate = config.sentry.sample_rate as f32;
    Ok(Arc::new(Sink {
        queue,
        client,
        sample_rate,
        panics_are_told: AtomicBool::new(false),
    }))
}

fn dsn(config: &Config) -> Result<Dsn, PipelineError> {
    let given = config.sentry.dsn.as_ref().map_or("", Secret::expose);
    given.parse().map_err(|error: ParseDsnError| {
        let reason = error.to_string();
        PipelineError::Dsn { reason }
    })
}

/// It prepares events; it has no transport, and the sampling is the sink's.
fn client(config: &Config) -> Client {
    let service = &config.service;
    let release = service.version.as_ref();
    let mut options = ClientOptions::new()
        .default_integrations(false)
        .maybe_release(release.map(|version| format!("{}@{version}", service.name)))
        .server_name(service.instance_id.clone());
    options.environment = config.sentry.environment.clone().map(Into::into);
    Client::with_options(options)
}

/// The DSN as an endpoint of the HTTP client: the key is in a header.
fn endpoint(dsn: &Dsn) -> Otlp {
    let authorization = dsn.to_auth(Some(AGENT)).to_string();
    Otlp {
        endpoint: dsn.envelope_api_url().to_string(),
        protocol: Protocol::HttpProtobuf,
        headers: vec![("x-sentry-auth".to_owned(), Secret::new(authorization))],
        timeout: TIMEOUT,
        compression: Compression::None,
        certificate: None,
    }
}

/// Where failures are left.
struct Sink {
    queue: Arc<Queue<Failure>>,
    client: Arc<Client>,
    sample_rate: f32,
    panics_are_told: AtomicBool,
}

impl FailureSink for Sink {
    fn failed(&self, failure: Failure) {
        if self.client.sample_should_send(self.sample_rate) {
            self.queue.push(failure);
        }
    }

    fn panics_are_told(&self) {
        self.panics_are_told.store(true, Ordering::Relaxed);
    }

    fn wants_panics(&self) -> bool {
        !self.panics_are_told.load(Ordering::Relaxed)
    }
}

/// An envelope with one event.
#[derive(Debug)]
struct EncodedEvent(Bytes);

impl Export for EncodedEvent {
    /// Sentry answers with the event's id, which nobody needs.
    type Answer = ();
    const METHOD: &'static str = "";

    fn message(&self) -> Bytes {
        self.0.clone()
    }

    fn rejected((): ()) -> (u64, String) {
        (0, String::new())
    }
}

impl Items for EncodedEvent {
    fn items(&self) -> usize {
        1
    }
}

/// Makes events with the client, which knows the release and the environment.
struct EventEncoder(Arc<Client>);

impl Encode for EventEncoder {
    type Item = Failure;
    type Request = EncodedEvent;

    fn encode(&self, batch: Vec<Failure>) -> Vec<EncodedEvent> {
        let encoded = |failure: Failure| {
            let plain = event(&failure);
            // Only a callback or a sampling of the client's could refuse it, and it has neither.
            let prepared = self.0.prepare_event(plain.clone(), None).unwrap_or(plain);
            let mut envelope = Vec::new();
            let _ = Envelope::from(prepared).to_writer(&mut envelope); // into memory
            EncodedEvent(Bytes::from(envelope))
        };
        batch.into_iter().map(encoded).collect()
    }
}

/// No user, no address, no header, no body, no query: what was asked for is the route's pattern.
fn event(failure: &Failure) -> Event<'static> {
    let mut tags = BTreeMap::new();
    if let Some(route) = &failure.route {
        tags.insert("route".to_owned(), route.to_string());
    }
    let mut contexts = BTreeMap::new();
    if failure.span.is_valid() {
        let (trace, span) = (failure.span.trace_id(), failure.span.span_id());
        tags.insert("trace_id".to_owned(), trace.to_string());
        tags.insert("span_id".to_owned(), span.to_string());
        let context = TraceContext {
            trace_id: trace.to_bytes().into(),
            span_id: span.to_bytes().into(),
            ..TraceContext::default()
        };
        contexts.insert("trace".to_owned(), Context::Trace(Box::new(context)));
    }
    Event {
        level: match failure.seen {
            Seen::Panic => Level::Fatal,
            Seen::Request | Seen::Call => Level::Error,
        },
        timestamp: failure.time,
        transaction: Some(failure.what.clone()),
        exception: vec![exception(failure)].into(),
        tags,
        contexts,
        ..Event::default()
    }
}

fn exception(failure: &Failure) -> Exception {
    let text = match failure.seen {
        Seen::Request => format!("{} ended with {}", failure.what, failure.error_type),
        Seen::Call | Seen::Panic => failure.text.clone(),
    };
    Exception {
        ty: failure.error_type.clone(),
        value: (!text.is_empty()).then_some(text),
        mechanism: Some(Mechanism {
            ty: mechanism(failure.seen).to_owned(),
            handled: Some(failure.seen != Seen::Panic),
            ..Mechanism::default()
        }),
        stacktrace: failure.place.as_ref().map(stacktrace),
        ..Exception::default()
    }
}

fn mechanism(seen: Seen) -> &'static str {
    match seen {
        Seen::Request => "http",
        Seen::Call => "generic",
        Seen::Panic => "panic",
    }
}

/// The place alone: a walk through the stack would cost the business its time.
fn stacktrace(place: &Place) -> Stacktrace {
    let frame = Frame {
        function: place.function.map(str::to_owned),
        filename: Some(place.file.clone()),
        lineno: Some(place.line.into()),
        in_app: Some(true),
        ..Frame::default()
    };
    Stacktrace {
        frames: vec![frame],
        ..Stacktrace::default()
    }
}
