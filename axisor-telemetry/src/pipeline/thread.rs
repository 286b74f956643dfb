//! The thread and runtime of the exporters.
//!
//! Everything that sends is created and polled here, so that no flavour of the caller's runtime, and no
//! absence of one, can hang an export, and no export can hold up the caller.

use std::future::Future;
use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tracing::Dispatch;

/// A running thread; dropping it lets the thread end without waiting for it.
#[derive(Debug)]
pub(crate) struct ExporterThread {
    runtime: Handle,
    _stop: oneshot::Sender<()>,
}

impl ExporterThread {
    /// # Errors
    /// If the system gives no thread or no runtime.
    pub(crate) fn start() -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, start) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("axisor-telemetry".to_owned())
            .spawn(move || {
                let runtime = match Builder::new_current_thread().enable_all().build() {
                    Ok(runtime) => runtime,
                    Err(error) => return drop(started.send(Err(error))),
                };
                // What the exporters' own HTTP/2 and gRPC code has to say would be exported again.
                let _quiet = tracing::dispatcher::set_default(&Dispatch::none());
                let _suppressed = opentelemetry::Context::enter_telemetry_suppressed_scope();
                let _ = started.send(Ok(runtime.handle().clone()));
                let _ = runtime.block_on(stopped);
                runtime.shutdown_background();
            })?;
        let runtime = start.recv().map_err(io::Error::other)??;
        Ok(Self {
            runtime,
            _stop: stop,
        })
    }

    /// Runs `task` on the thread until it ends or the thread does.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    /// Runs `task` on the thread and waits for its result, at most `deadline`. Blocks the calling thread.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
        deadline: Duration,
    ) -> Option<T> {
        let (send, receive) = mpsc::sync_channel(1);
        self.spawn(async move {
            let _ = send.send(task.await);
        });
        receive.recv_timeout(deadline).ok()
    }
}
