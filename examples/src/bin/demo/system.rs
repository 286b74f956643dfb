//! The whole system: the services and what they depend on, the stack that watches them, and who is paged.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axisor_stack::{Stack, Watch};
use axisor_tests::nginx::{NginxError, NginxServer};
use axisor_tests::postgres::{PostgresError, PostgresServer};
use axisor_tests::redis::{RedisError, RedisServer};
use tokio::task::JoinSet;

use crate::fleet::{Fleet, FleetError};
use crate::pager::Pager;
use crate::ports::{OUTSIDE, Ports};
use crate::process::{Orders, SharedTrees};
use crate::traffic::Traffic;

/// PostgreSQL's own default.
const CONNECTIONS: u16 = 100;
const SEED: u64 = 42;

/// Why the system does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SystemError {
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error(transparent)]
    Nginx(#[from] NginxError),
    #[error("nginx did not start, or nobody can be paged")]
    System(#[from] io::Error),
    #[error("the stack did not start")]
    Stack(#[from] axisor_stack::StartError),
    #[error(transparent)]
    Fleet(#[from] FleetError),
    #[error("the stack did not stop")]
    StackEnd(#[from] axisor_stack::ControlError),
}

/// The running system. Dropping it ends everything at once; [`down`](Self::down) lets each finish first.
#[derive(Debug)]
pub(crate) struct System {
    pub(crate) fleet: Fleet,
    pub(crate) postgres: PostgresServer,
    pub(crate) redis: RedisServer,
    pub(crate) nginx: NginxServer,
    pub(crate) stack: Stack,
    pub(crate) pager: Pager,
    ports: Ports,
    clients: JoinSet<()>,
}

/// How fast time passes: everything in rules and routes is divided by this, and what they look at comes that much more often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Haste(pub(crate) u32);

impl Haste {
    /// What takes `usual` takes this long now, and not less than `least`.
    pub(crate) fn of(self, usual: Duration, least: Duration) -> Duration {
        (usual / self.0).max(least)
    }

    /// As often as Prometheus asks a service, and a service the Collector is told: every 10 s, and not more than once a second.
    pub(crate) fn interval(self) -> Duration {
        self.of(Duration::from_secs(10), Duration::from_secs(1))
    }
}

/// Whether something goes wrong by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishaps {
    /// Only what is broken on purpose.
    None,
    /// As in the demo.
    Usual,
}

impl System {
    /// Starts everything on free ports, with clients that send requests from then on.
    pub(crate) async fn start(haste: Haste, mishaps: Mishaps) -> Result<Self, SystemError> {
        let ports = Ports::choose(true)?;
        let postgres = PostgresServer::start(CONNECTIONS)?;
        let redis = RedisServer::start()?;
        let mut nginx = NginxServer::stopped()?;
        nginx.start_again()?;
        let pager = Pager::start().await?;
        let [exchange, lnd] = OUTSIDE.map(|kind| ports.outside_address(kind.name));
        let exchange = format!("http://{exchange}/v2/user");
        let mut stack = Stack::builder()
            .native()
            .free_ports()
            .haste(haste.0)
            .scrape_interval(haste.interval())
            .metric_expiration(haste.of(Duration::from_secs(30), Duration::from_secs(3)))
            .secrets(pager.secrets());
        for (job, address) in ports.targets() {
            stack = stack.target(job, address);
        }
        for watch in [
            Watch::Postgres(postgres.url()),
            Watch::Redis(redis.url()),
            Watch::Nginx(nginx.url("/stub_status")),
            Watch::Frontend(nginx.url("/")),
            Watch::LnMarkets(exchange.clone()),
            Watch::Lnd(lnd),
            Watch::Host,
        ] {
            stack = stack.watch(watch);
        }
        let stack = stack.start().await?;
        let stores = [
            ("TRADING_DATABASE_URL", postgres.url()),
            ("TRADING_REDIS_URL", redis.url()),
            ("TRADING_LNMARKETS_URL", exchange),
        ];
        let orders = orders(haste, mishaps, &stack, stores);
        let mut fleet = Fleet::start(&ports, orders, &SharedTrees::default())?;
        fleet.ready().await?;
        let mut clients = JoinSet::new();
        clients.spawn(Arc::clone(&Traffic::new(fleet.backend(), SEED)).run());
        Ok(Self {
            fleet,
            postgres,
            redis,
            nginx,
            stack,
            pager,
            ports,
            clients,
        })
    }

    /// Where a worker takes jobs.
    pub(crate) fn jobs_url(&self, worker: &str) -> String {
        self.ports.jobs_url(worker)
    }

    /// The address of what belongs to others.
    pub(crate) fn outside_address(&self, name: &str) -> String {
        self.ports.outside_address(name)
    }

    /// Ends everything, callers first.
    pub(crate) async fn down(mut self) -> Result<(), SystemError> {
        self.clients.shutdown().await;
        self.fleet.stop().await;
        Ok(self.stack.down().await?)
    }
}

/// The services' telemetry is as often as the stack looks.
fn orders(
    haste: Haste,
    mishaps: Mishaps,
    stack: &Stack,
    stores: [(&'static str, String); 3],
) -> Orders {
    let interval = haste.interval().as_millis().to_string();
    let telemetry = [
        ("TRADING_CALM", (mishaps == Mishaps::None).to_string()),
        ("AXISOR_LOGGING_LEVEL", "error".to_owned()),
        ("AXISOR_HEALTH_REFRESH", format!("{interval}ms")),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", stack.otlp_grpc()),
        ("OTEL_METRIC_EXPORT_INTERVAL", interval),
    ];
    Orders {
        seed: SEED,
        reachable: false,
        telemetry: telemetry.into_iter().chain(stores).collect(),
    }
}
