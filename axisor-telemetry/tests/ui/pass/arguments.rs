//! Every argument, in every form.
#![deny(warnings, missing_docs, clippy::pedantic)]

use std::collections::HashMap;
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;

use axisor_telemetry::{instrument_automation, track_margin_guard};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanKind};
use tracing::Level;

const NAME: &str = "named by a constant";
const KIND: SpanKind = SpanKind::Producer;
const BUCKETS: &[f64] = &[0.1, 1.0];
const BOUNDS: [f64; 2] = [0.1, 1.0];
const FAST: f64 = 0.01;

mod names {
    pub(crate) const TARGET: &str = "axisor::trading";
}

/// A job as it comes from a queue.
#[derive(Debug)]
pub struct Job {
    id: u64,
    kind: String,
    context: Context,
    asked_by: Vec<SpanContext>,
    retry_of: Option<SpanContext>,
    headers: HashMap<String, String>,
    note: Option<&'static str>,
    pair: (u8, u8),
    shared: Arc<str>,
}

impl Job {
    fn contexts(&self) -> Vec<Context> {
        vec![self.context.clone()]
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Done {
    kind: String,
    placed: bool,
}

/// Why nothing did.
#[derive(Debug)]
pub struct Refused {
    code: u8,
}

fn has_kind(done: &Result<Done, Refused>) -> bool {
    done.as_ref().is_ok_and(|done| done.kind.is_empty())
}

/// All that fit together.
///
/// # Errors
/// [`Refused`] for nothing.
#[instrument_automation(
    type = job.kind,
    ok_if = |done| matches!(done, Ok(Done { placed: true, .. })),
    on_cancel = "skip",
    err(Debug),
    name = "execute a job",
    kind = "consumer",
    level = "debug",
    target = "axisor::jobs",
    parent = job.context,
    links(job.asked_by, job.retry_of, job.contexts(), Context::current(), [&job.context], job.asked_by[0]),
    fields(
        job.id,
        number = job.id,
        %job.kind,
        shown = %job.kind,
        ?job.note,
        debugged = ?job.pair,
        "job.quoted" = job.shared,
        job.pair.0,
        type = job.note,
        length = job.kind.len(),
        absent = None::<u8>,
        text = "text",
    ),
    skip(job),
    duration(buckets = [0.1, 1, 2.5]),
    in_flight,
    crate = ::axisor_telemetry,
)]
pub async fn together(job: &Job) -> Result<Done, Refused> {
    std::future::ready(()).await;
    if job.id == 0 {
        return Err(Refused { code: 1 });
    }
    Ok(Done {
        kind: job.kind.clone(),
        placed: true,
    })
}

/// All of the other attribute's, by constants and paths.
///
/// # Errors
/// Always.
#[track_margin_guard(
    action = ret(|done| done.as_ref().map_or("refused", |done| &*done.kind)),
    plan = job.shared,
    error_if = has_kind,
    on_cancel = "failure",
    count = "always",
    err(with = |refused| refused.code),
    name = NAME,
    kind = KIND,
    level = Level::WARN,
    target = names::TARGET,
    parent = &job.headers,
    links(),
    fields(),
    skip_all,
    duration(buckets = BUCKETS)
)]
pub fn by_constants(job: &Job) -> Result<Done, Refused> {
    Err(Refused {
        code: u8::from(job.id == 0),
    })
}

/// Bounds in an array, and among constants.
#[instrument_automation(type = "bounds", kind = SpanKind::Client, duration(buckets = BOUNDS))]
#[track_margin_guard(action = "bounds", plan = "pro", count = "success", duration(buckets = [FAST, 1.0]))]
pub fn bounds() {}

/// The usual bounds.
#[instrument_automation(type = "usual", duration, err, in_flight)]
pub async fn usual() {}

/// Labels from what is returned, of every form.
#[track_margin_guard(action = ret(|text| text), plan = ret(String::as_str), ok_if = |text: &String| text.is_empty())]
pub async fn late(text: String) -> String {
    text
}

/// From what a future returns.
#[instrument_automation(type = ret(|value| plain(value)), ok_if = |value| value.len() > 1, parent = context)]
pub fn future(context: Context) -> impl Future<Output = String> + Send {
    let _ = context;
    async move { String::new() }
}

fn plain(value: &str) -> &'static str {
    if value.is_empty() { "none" } else { "some" }
}

/// From what an opaque type says.
#[instrument_automation(type = ret(ToString::to_string), fields(value))]
pub fn opaque(value: u8) -> impl Display {
    value + 1
}

/// Rules that look at arguments, too.
///
/// # Errors
/// With the length of `user`.
#[track_margin_guard(
    action = ret(|filled| if filled.as_ref().is_ok_and(|filled| *filled > least) { user } else { "less" }),
    plan = user,
    ok_if = |filled| filled.as_ref().is_ok_and(|filled| *filled >= least && user.len() > 1),
    err(with = move |short| format!("{short} of {least}"))
)]
pub fn over(user: &str, least: usize) -> Result<usize, usize> {
    Err(user.len() + least)
}

/// The same, async.
#[track_margin_guard(
    action = ret(|filled| if *filled > least { user } else { "less" }),
    plan = user,
    ok_if = |filled| *filled >= least && user.len() > 1
)]
pub async fn over_later(user: &str, least: usize) -> usize {
    std::future::ready(user.len() + least).await
}

/// The same of a future.
#[instrument_automation(type = user, ok_if = |filled| *filled >= least && user.len() > 1)]
pub fn over_future(user: &str, least: usize) -> impl Future<Output = usize> + Send {
    async move { user.len() + least }
}

/// The same of a boxed one.
#[instrument_automation(type = user, ok_if = |filled| *filled >= least && user.len() > 1)]
#[must_use]
pub fn over_boxed(user: &str, least: usize) -> Pin<Box<dyn Future<Output = usize> + Send + '_>> {
    if least == 0 {
        return Box::pin(std::future::ready(0));
    }
    Box::pin(async move { user.len() + least })
}

/// Arguments and names that look like ours.
#[instrument_automation(
    type = opening,
    ok_if = |returned| returned.judge() == verdict::VERDICT,
    fields(opening, %labels, linked = returned, private = __private),
    links(linked)
)]
#[must_use]
pub fn named_alike(
    opening: &str,
    labels: &str,
    returned: u8,
    linked: &Context,
    __private: bool,
) -> Judge {
    println!("{opening}{labels}{returned}{linked:?}{__private}");
    Judge(returned)
}

/// A type of a name of ours, with a method of a name of ours.
#[derive(Debug)]
pub struct Judge(u8);

mod verdict {
    pub(crate) const VERDICT: u8 = 1;
}

trait Judging {
    fn judge(&self) -> u8;
}

impl Judging for Judge {
    fn judge(&self) -> u8 {
        self.0
    }
}

pub(crate) fn main() {
    bounds();
    let job = Job {
        id: 1,
        kind: "dca".into(),
        context: Context::new(),
        asked_by: vec![],
        retry_of: None,
        headers: HashMap::new(),
        note: None,
        pair: (1, 2),
        shared: "pro".into(),
    };
    drop(together(&job));
    assert!(by_constants(&job).is_err());
    assert_eq!(opaque(1).to_string(), "2");
    assert_eq!(over("pro", 1), Err(4));
    assert_eq!(named_alike("a", "b", 1, &job.context, true).0, 1);
}
