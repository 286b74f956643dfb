//! How does a worker without a web server get its /metrics and /health?
//!
//! ```console
//! $ cargo run -p axisor-examples --example worker
//! $ curl http://127.0.0.1:3010/metrics
//! ```
//! Ends on Ctrl-C, or after 25 jobs. `AXISOR_PROMETHEUS_PORT=3020` has it listen elsewhere, 0 on a free port.

use std::error::Error;
use std::time::Duration;

use axisor_telemetry::{LabelValue, Telemetry, track_margin_guard};

#[derive(Clone, Copy, LabelValue)]
enum Plan {
    Free,
    Pro,
}

struct User {
    id: u64,
    plan: Plan,
}

#[derive(Debug, thiserror::Error)]
#[error("wallet of user {0} is empty")]
struct EmptyWallet(u64);

/// Counted by action and plan if it succeeds; a top-up that failed was not taken.
#[track_margin_guard(action = "add_margin", plan = user.plan)]
async fn add_margin(user: &User) -> Result<(), EmptyWallet> {
    tokio::time::sleep(Duration::from_millis(50)).await;
    if user.id.is_multiple_of(7) {
        return Err(EmptyWallet(user.id));
    }
    Ok(())
}

async fn work() {
    for id in 1..=25 {
        let plan = if id % 3 == 0 { Plan::Pro } else { Plan::Free };
        if let Err(error) = add_margin(&User { id, plan }).await {
            println!("{error}");
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = Telemetry::builder("margin-monitor")
        .set("traces.exporter", "console")
        .init()?;
    let server = telemetry.serve().await?;
    println!("/metrics and /health on http://{}", server.local_addr());

    tokio::select! {
        () = work() => {}
        _ = tokio::signal::ctrl_c() => {}
    }

    server.shutdown().await;
    println!("{}", telemetry.shutdown(Duration::from_secs(5))?);
    Ok(())
}
