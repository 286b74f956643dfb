//! The small server of a service that has none, such as a worker.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::health::Health;
use crate::http::HttpLayer;

/// The time connections are given to finish at a shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// A server that answers `/metrics`, `/health`, `/livez` and `/readyz` until it is shut down or dropped.
#[derive(Debug)]
#[must_use = "the server stops when this is dropped"]
pub struct Server {
    local_addr: SocketAddr,
    health: Arc<Health>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Another program listens there.
    #[error("port {} of {} is in use, expected a free one in `prometheus.port`", addr.port(), addr.ip())]
    PortInUse {
        /// The address that was asked for.
        addr: SocketAddr,
    },
    /// The system refused for another reason.
    #[error(
        "cannot listen on {addr}, expected a port in `prometheus.port` that this process may open"
    )]
    Listen {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// Serves `router` on `addr`, its requests counted like any other's.
pub(crate) async fn standalone(
    addr: SocketAddr,
    router: Router,
    layer: HttpLayer,
    health: Arc<Health>,
) -> Result<Server, ServeError> {
    let refused = |source| ServeError::of(addr, source);
    let listener = TcpListener::bind(addr).await.map_err(refused)?;
    let local_addr = listener.local_addr().map_err(refused)?;
    let app = router
        .layer(layer)
        .into_make_service_with_connect_info::<SocketAddr>();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        let _ = stopped.await;
    };
    let serving = tokio::spawn(async {
        let _ = axum::serve(listener, app)
            .with_graceful_shutdown(stopped)
            .await;
    });
    Ok(Server {
        local_addr,
        health,
        stop,
        serving,
    })
}

impl Server {
    /// Where the server listens; tells the port if 0 was asked for.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Says that the service [drains](Health::drain), stops listening and waits until requests under way are answered, at
    /// most 5 s.
    ///
    /// After that nobody waits for them; a connection that still has one ends with it or with the runtime.
    pub async fn shutdown(mut self) {
        self.health.drain();
        let _ = self.stop.send(());
        if tokio::time::timeout(GRACE, &mut self.serving)
            .await
            .is_err()
        {
            self.serving.abort();
            let _ = self.serving.await;
        }
    }
}

impl ServeError {
    fn of(addr: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse { addr },
            _ => Self::Listen { addr, source },
        }
    }
}
