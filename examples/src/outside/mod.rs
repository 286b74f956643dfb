//! What belongs to others, simulated: LN Markets' API and a Lightning node, on one port.
//!
//! Nothing here is traced or counted: a trace ends where a request leaves our own services.

mod conduct;
mod exchange;
mod lnd;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use clap::Parser;
use tokio::net::TcpListener;

pub use self::conduct::Conduct;
use self::conduct::Conducted;
pub use self::exchange::Order;
pub use self::lnd::Node;
use crate::fate::Fate;
use crate::service::{self, Common, ServiceError};

/// LN Markets' API and a Lightning node, simulated.
#[derive(Debug, Clone, Parser)]
#[command(name = "outside")]
pub struct OutsideArgs {
    /// The port of both.
    #[arg(long, env = "TRADING_OUTSIDE_PORT", default_value_t = 3030)]
    pub port: u16,
    /// What every service is told.
    #[command(flatten)]
    pub common: Common,
}

/// Runs both until the program is asked to end.
///
/// # Errors
/// [`ServiceError`] if the port cannot be had.
pub async fn run(args: OutsideArgs) -> Result<(), ServiceError> {
    let address = SocketAddr::from((args.common.listen, args.port));
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| ServiceError::Listen { address, source })?;
    println!("LN Markets and LND on http://{}", listener.local_addr()?);
    let asked_to_end = service::asked_to_end(args.common.until_stdin_closes)?;
    serve(listener, args.common.fate(), asked_to_end).await?;
    println!("ended");
    Ok(())
}

/// Serves both until `end`, with the fate that decides what goes wrong.
///
/// # Errors
/// If the listener breaks.
pub async fn serve(
    listener: TcpListener,
    fate: Fate,
    end: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let conducted = Conducted::default();
    let router: Router = exchange::router(fate, Arc::clone(&conducted))
        .merge(conduct::router(conducted))
        .merge(lnd::router(fate));
    axum::serve(listener, router)
        .with_graceful_shutdown(end)
        .await
}
