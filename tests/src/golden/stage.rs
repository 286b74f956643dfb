//! Everything one scenario runs on: a telemetry, the application with its server, the outside world.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axisor_telemetry::{Clock, StartError, Telemetry, TelemetryBuilder};
use axum::Router;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::fixture::{InFlight, World, application, checks, polls};
use super::scenario::Scenario;

/// Why a scenario has nothing to run on.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageError {
    #[error("the telemetry did not start: {0}")]
    Telemetry(#[from] StartError),
    #[error("no server on loopback: {0}")]
    Server(#[from] io::Error),
}

/// A running application; it ends with this value.
pub(super) struct Stage {
    pub(super) telemetry: Telemetry,
    pub(super) clock: Clock,
    pub(super) world: Arc<World>,
    pub(super) in_flight: InFlight,
    pub(super) address: SocketAddr,
    server: AbortHandle,
}

impl Stage {
    /// Starts the application with the telemetry that `builder` begins.
    pub(super) async fn set_up(
        scenario: &Scenario,
        builder: TelemetryBuilder,
    ) -> Result<Self, StageError> {
        let clock = if scenario.manual_clock {
            Clock::manual()
        } else {
            Clock::default()
        };
        let world = Arc::new(World::new().await?);
        let builder = builder.set("health.max_age", "0"); // the recorded service asked its checks each time
        let mut builder = polls(checks(builder, &world), &world).clock(clock.clone());
        for (key, value) in scenario
            .settings
            .iter()
            .filter(|setting| !is_missing(setting))
        {
            builder = builder.set(key, value);
        }
        let telemetry = builder.build()?;
        let in_flight = InFlight::new();
        let router = router(scenario.routes_first, &telemetry, &clock);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = axum::serve(listener, in_flight.around(router));
        Ok(Self {
            server: tokio::spawn(server.into_future()).abort_handle(),
            telemetry,
            clock,
            world,
            in_flight,
            address,
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Settings of the recorded service that the SDK does not have yet; they change no answer and no sample.
pub(super) fn is_missing((key, value): &(String, String)) -> bool {
    key == "sentry.enabled" && value == "true"
}

fn router(routes_first: bool, telemetry: &Telemetry, clock: &Clock) -> Router {
    let (service, application) = (telemetry.router(), application(clock.clone()));
    let both = if routes_first {
        application.merge(service)
    } else {
        service.merge(application)
    };
    both.layer(telemetry.http_layer())
}
