//! What every service does from its start to its end.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use axisor_telemetry::serve::{BeaconError, ServeError};
use axisor_telemetry::{MetricError, StartError, Telemetry, TelemetryGuard};
use axum::Router;
use clap::{Args, Parser};
use error_reporter::Report;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

use crate::fate::Fate;
use crate::stores::StoreError;

/// How long the last telemetry may take to be sent.
const SHUTDOWN: Duration = Duration::from_secs(3);

/// What every service is told.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Decides the market, the positions and everything that goes wrong.
    #[arg(long, env = "TRADING_SEED", default_value_t = 42)]
    pub seed: u64,
    /// Nothing goes wrong by itself, whatever the seed.
    #[arg(long, env = "TRADING_CALM")]
    pub calm: bool,
    /// The address whose port other services call.
    #[arg(long, env = "TRADING_LISTEN", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub listen: IpAddr,
    /// End when standard input does: so services end with the program that started them, however that ends.
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
}

impl Common {
    /// The fate that decides what goes wrong.
    #[must_use]
    pub fn fate(&self) -> Fate {
        if self.calm {
            Fate::calm(self.seed)
        } else {
            Fate::new(self.seed)
        }
    }
}

/// What a worker is told besides: where it takes jobs, and where it is scraped.
#[derive(Debug, Clone, Args)]
pub struct WorkerPorts {
    /// The port for jobs.
    #[arg(long, env = "TRADING_JOBS_PORT", default_value_t = 0)]
    pub jobs_port: u16,
    /// The port of `/metrics` and `/health`.
    #[arg(long, env = "AXISOR_PROMETHEUS_PORT", default_value_t = 3010)]
    pub metrics_port: u16,
}

/// Why a service did not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Its telemetry did not start.
    #[error("the telemetry did not start")]
    Telemetry(#[from] StartError),
    /// A store's URL is wrong.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// One of its own metrics was refused.
    #[error("a metric was refused")]
    Metric(#[from] MetricError),
    /// The endpoint for browsers was refused.
    #[error("browsers cannot tell of page loads")]
    Beacon(#[from] BeaconError),
    /// The small server did not start.
    #[error("/metrics and /health cannot be served")]
    Serve(#[from] ServeError),
    /// Its port cannot be had.
    #[error("cannot listen on {address}, expected a free port")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Its server or its signals broke.
    #[error("the service broke")]
    Broke(#[from] io::Error),
}

/// A service's whole program: its arguments read, run to its end.
pub fn main<A: Parser, F>(run: impl FnOnce(A) -> F) -> impl Future<Output = ExitCode>
where
    F: Future<Output = Result<(), ServiceError>>,
{
    let running = run(A::parse());
    async { exit_code(running.await) }
}

/// Says on standard error what went wrong, if something did.
pub fn exit_code(outcome: Result<(), impl Error>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", Report::new(error));
            ExitCode::FAILURE
        }
    }
}

/// Runs a worker: jobs on one port, `/metrics` and `/health` by the small built-in server on another. Gives the telemetry
/// back, to be ended once the last job is done.
///
/// # Errors
/// [`ServiceError`] if a port cannot be had.
pub async fn run_worker(
    telemetry: TelemetryGuard,
    jobs: Router,
    common: &Common,
    ports: &WorkerPorts,
) -> Result<TelemetryGuard, ServiceError> {
    let endpoints = telemetry.serve().await?;
    println!("/metrics and /health on http://{}", endpoints.local_addr());
    run_server(&telemetry, jobs, common, ports.jobs_port).await?;
    endpoints.shutdown().await;
    Ok(telemetry)
}

/// Serves `router`, counted and traced, until the service is asked to end.
///
/// # Errors
/// [`ServiceError`] if the port cannot be had.
pub async fn run_server(
    telemetry: &Telemetry,
    router: Router,
    common: &Common,
    port: u16,
) -> Result<(), ServiceError> {
    let address = SocketAddr::from((common.listen, port));
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| ServiceError::Listen { address, source })?;
    println!("requests on http://{}", listener.local_addr()?);
    let asked_to_end = asked_to_end(common.until_stdin_closes)?;
    let health = telemetry.clone();
    let asked_to_end = async move {
        asked_to_end.await;
        health.health().drain(); // not ready from here on: /readyz is 503
    };
    axum::serve(listener, router.layer(telemetry.http_layer()))
        .with_graceful_shutdown(asked_to_end)
        .await?;
    Ok(())
}

/// Sends the last telemetry and says what became of it.
pub fn end(telemetry: TelemetryGuard) {
    match telemetry.shutdown(SHUTDOWN) {
        Ok(report) => println!("ended; {report}"),
        Err(error) => println!("ended; {error}"),
    }
}

/// Waits for Ctrl-C, SIGTERM or, if that counts, the end of standard input.
///
/// # Errors
/// If the system does not deliver signals.
pub fn asked_to_end(until_stdin_closes: bool) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = ctrl_c() => {}
            _ = terminate.recv() => {}
            () = stdin_closed(), if until_stdin_closes => {}
        }
    })
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0; 64];
    while !matches!(stdin.read(&mut ignored).await, Ok(0) | Err(_)) {}
}
