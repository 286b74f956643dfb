//! Tasks, and values in channels, that stay in the trace they come from.
//!
//! tokio's own `spawn` begins without a context: what a task does is then in no trace, and with a telemetry that was built
//! and not installed it is recorded nowhere. What is here takes the current context along, with its span, its baggage and
//! the telemetry it belongs to; and with one that is not installed, as a test's, the current subscriber of `tracing`.
//!
//! ```
//! use axisor_telemetry::task::{self, JoinSetExt as _, WithContext};
//! use tokio::sync::mpsc;
//! use tokio::task::JoinSet;
//!
//! async fn notify(user: u64) {}
//! fn render(user: u64) {}
//!
//! # async fn example() {
//! let notified = task::spawn(notify(7));
//! let rendered = task::spawn_blocking(|| render(7));
//!
//! let mut all = JoinSet::new();
//! all.spawn_here(notify(8));
//!
//! let (sender, mut receiver) = mpsc::channel(16);
//! sender.send(WithContext::here(9)).await;
//! while let Some(user) = receiver.recv().await {
//!     user.run(notify).await; // in the trace of whoever sent it
//! }
//! # }
//! ```
//! A task of another kind, as on a runtime's `Handle` or a `LocalSet`, is given its context by OpenTelemetry's
//! `FutureExt::with_current_context`.

use std::future::Future;
use std::ops::Deref;

use futures_util::future::Either;
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::FutureExt as _;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tracing::instrument::WithSubscriber as _;
use tracing::{Dispatch, dispatcher};

use crate::{SpanParent, scope};

/// [`tokio::spawn`], in the current context.
///
/// # Panics
/// Outside a tokio runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(here(future))
}

/// [`tokio::task::spawn_blocking`], in the current context.
///
/// # Panics
/// Outside a tokio runtime.
#[track_caller]
pub fn spawn_blocking<F, R>(function: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    tokio::task::spawn_blocking(here_blocking(function))
}

/// Tasks of a [`JoinSet`] in the current context.
pub trait JoinSetExt<T> {
    /// [`JoinSet::spawn`], in the current context.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[track_caller]
    fn spawn_here<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send;

    /// [`JoinSet::spawn_blocking`], in the current context.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[track_caller]
    fn spawn_blocking_here<F>(&mut self, function: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send;
}

impl<T: 'static> JoinSetExt<T> for JoinSet<T> {
    fn spawn_here<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.spawn(here(future))
    }

    fn spawn_blocking_here<F>(&mut self, function: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.spawn_blocking(here_blocking(function))
    }
}

/// A value and the context it was sent in, for any channel within the process.
///
/// It is read as the value itself. As `parent` or in `links` of an annotated function it is the span it was sent in.
/// Between processes a carrier of text takes its place, such as headers.
#[derive(Debug, Clone)]
pub struct WithContext<T> {
    value: T,
    context: Context,
}

impl<T> WithContext<T> {
    /// `value` in the current context.
    pub fn here(value: T) -> Self {
        let context = Context::current();
        Self { value, context }
    }

    /// The context it was sent in.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Runs `function` with the value, in the context it was sent in.
    pub fn in_scope<R>(self, function: impl FnOnce(T) -> R) -> R {
        let _attached = self.context.attach();
        function(self.value)
    }

    /// Runs the future that `function` makes of the value, in the context it was sent in.
    pub fn run<F: Future>(self, function: impl FnOnce(T) -> F) -> impl Future<Output = F::Output> {
        let context = self.context.clone();
        self.in_scope(function).with_context(context)
    }
}

impl<T> Deref for WithContext<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> SpanParent for WithContext<T> {
    fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context> {
        SpanParent::context(&self.context, propagator)
    }
}

fn here<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let future = future.with_current_context();
    match subscriber() {
        Some(subscriber) => Either::Left(future.with_subscriber(subscriber)),
        None => Either::Right(future),
    }
}

fn here_blocking<R>(function: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let (context, subscriber) = (Context::current(), subscriber());
    move || {
        let _attached = context.attach();
        match subscriber {
            Some(subscriber) => dispatcher::with_default(&subscriber, function),
            None => function(),
        }
    }
}

/// The subscriber that goes with a telemetry which the context carries. An installed one has the whole process's, and one
/// that is set for a task is looked up at every event of the process.
fn subscriber() -> Option<Dispatch> {
    let is_carried = matches!(scope::current(), Some(scope::Current::Carried(_)));
    is_carried.then(|| dispatcher::get_default(Clone::clone))
}
