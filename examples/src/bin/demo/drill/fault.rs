//! Breaking things for real, and repairing them.

use std::io;
use std::time::Duration;

use axisor_examples::notification_worker;
use axisor_examples::outside::Conduct;
use axisor_examples::wire::Notification;
use axisor_stack::{Component, ControlError};
use axisor_telemetry::jobs::JobCarrier;
use axisor_tests::frozen::Frozen;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::fleet::{FleetError, client};
use crate::ports::OUTSIDE;
use crate::system::System;

/// So many connections run a statement: more than the 80 at which there is an alert, and fewer than the 100 there are.
const BUSY_CONNECTIONS: usize = 85;
/// The limit of Redis' memory while it is filled, in bytes.
const REDIS_MEMORY: usize = 8 << 20;
/// What is written there at a time, in bytes.
const REDIS_VALUE: usize = 256 << 10;
/// So many send messages to the notification worker, as fast as they are taken.
const SENDERS: u64 = 4;

/// What is broken, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Ended: a service by SIGKILL, a server by what it takes for "stop".
    End(Part),
    /// Frozen by SIGSTOP: its ports accept, and nothing answers.
    Freeze(Part),
    /// Nearly all connections of PostgreSQL run a statement.
    FillConnections,
    /// Redis takes no more.
    FillMemory,
    /// More messages come than the notification worker delivers.
    FillQueue,
    /// Browsers tell of pages that take long.
    SlowPages,
    /// LN Markets refuses a share of what is asked about trades, or takes its time.
    Exchange(Conduct),
}

/// Something that can be ended and frozen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// A service, or what belongs to others, by its name.
    Process(&'static str),
    Postgres,
    Redis,
    Nginx,
    Stack(Component),
}

/// Why something could not be broken or repaired.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FaultError {
    #[error(transparent)]
    Service(#[from] FleetError),
    #[error("the system refuses")]
    System(#[from] io::Error),
    #[error(transparent)]
    Stack(#[from] ControlError),
    #[error("PostgreSQL takes no connection")]
    Postgres(#[from] sqlx::Error),
    #[error("Redis cannot be filled or emptied")]
    Redis(#[from] redis::RedisError),
    #[error("the exchange cannot be told how to behave")]
    Exchange(#[from] reqwest::Error),
}

/// What keeps something broken; dropping it ends that.
#[derive(Debug, Default)]
pub(crate) struct Held {
    frozen: Option<Frozen>,
    load: JoinSet<()>,
}

impl Fault {
    /// Breaks it.
    pub(crate) async fn strike(self, system: &mut System) -> Result<Held, FaultError> {
        let mut held = Held::default();
        match self {
            Self::End(part) => part.end(system).await?,
            Self::Freeze(part) => held.frozen = part.freeze(system).await?,
            Self::FillConnections => held.load = busy_connections(&system.postgres.url()).await?,
            Self::FillMemory => fill_memory(&system.redis.url()).await?,
            Self::FillQueue => held.load = senders(&system.jobs_url(notification_worker::NAME)),
            Self::SlowPages => held.load = slow_pages(system.fleet.backend()),
            Self::Exchange(conduct) => behave(system, conduct).await?,
        }
        Ok(held)
    }

    /// Repairs it.
    pub(crate) async fn repair(self, held: Held, system: &mut System) -> Result<(), FaultError> {
        drop(held);
        match self {
            Self::End(part) => part.start_again(system).await,
            Self::Freeze(part) => part.thaw(system).await,
            Self::FillMemory => empty_memory(&system.redis.url()).await,
            Self::Exchange(_) => behave(system, Conduct::default()).await,
            Self::FillConnections | Self::FillQueue | Self::SlowPages => Ok(()),
        }
    }
}

impl Part {
    async fn end(self, system: &mut System) -> Result<(), FaultError> {
        match self {
            Self::Process(name) => system.fleet.process(name).kill().await?,
            Self::Postgres => system.postgres.stop()?,
            Self::Redis => system.redis.stop()?,
            Self::Nginx => system.nginx.stop()?,
            Self::Stack(component) => system.stack.kill(component).await?,
        }
        Ok(())
    }

    async fn start_again(self, system: &mut System) -> Result<(), FaultError> {
        match self {
            Self::Process(name) => system.fleet.start_again(name)?,
            Self::Postgres => system.postgres.start_again()?,
            Self::Redis => system.redis.start_again()?,
            Self::Nginx => system.nginx.start_again()?,
            Self::Stack(component) => system.stack.start_again(component).await?,
        }
        Ok(())
    }

    async fn freeze(self, system: &mut System) -> Result<Option<Frozen>, FaultError> {
        match self {
            Self::Process(name) => return Ok(Some(system.fleet.process(name).freeze())),
            Self::Postgres => system.postgres.freeze(),
            Self::Redis => system.redis.freeze(),
            Self::Nginx => system.nginx.freeze(),
            Self::Stack(component) => system.stack.pause(component).await?,
        }
        Ok(None)
    }

    async fn thaw(self, system: &mut System) -> Result<(), FaultError> {
        match self {
            Self::Process(_) => {} // its own guard was dropped
            Self::Postgres => system.postgres.thaw(),
            Self::Redis => system.redis.thaw(),
            Self::Nginx => system.nginx.thaw(),
            Self::Stack(component) => system.stack.resume(component).await?,
        }
        Ok(())
    }
}

/// Connections that run one statement after the other. Each takes a second, since a server notices only between two that a
/// client has gone.
async fn busy_connections(url: &str) -> Result<JoinSet<()>, FaultError> {
    let mut busy = JoinSet::new();
    for _ in 0..BUSY_CONNECTIONS {
        let mut connection = PgConnection::connect(url).await?;
        busy.spawn(async move {
            let statement = "SELECT pg_sleep(1)";
            while sqlx::query(statement)
                .execute(&mut connection)
                .await
                .is_ok()
            {}
        });
    }
    Ok(busy)
}

/// Gives Redis a limit, and writes until it refuses.
async fn fill_memory(url: &str) -> Result<(), FaultError> {
    let mut redis = redis(url).await?;
    limit_memory(&mut redis, REDIS_MEMORY).await?;
    let value = vec![0_u8; REDIS_VALUE];
    for key in 0.. {
        let mut set = redis::cmd("SET");
        let written = set.arg(key).arg(&value).query_async::<()>(&mut redis).await;
        if written.is_err() {
            break;
        }
    }
    Ok(())
}

async fn empty_memory(url: &str) -> Result<(), FaultError> {
    let mut redis = redis(url).await?;
    redis::cmd("FLUSHALL").query_async::<()>(&mut redis).await?;
    limit_memory(&mut redis, 0).await
}

async fn redis(url: &str) -> Result<redis::aio::MultiplexedConnection, FaultError> {
    let client = redis::Client::open(url)?;
    Ok(client.get_multiplexed_async_connection().await?)
}

async fn limit_memory(
    redis: &mut redis::aio::MultiplexedConnection,
    bytes: usize,
) -> Result<(), FaultError> {
    let mut limit = redis::cmd("CONFIG");
    limit.arg("SET").arg("maxmemory").arg(bytes);
    Ok(limit.query_async::<()>(redis).await?)
}

/// Messages without an end, sent by nobody's automation.
fn senders(worker: &str) -> JoinSet<()> {
    let mut senders = JoinSet::new();
    for user in 1..=SENDERS {
        senders.spawn(send(format!("{worker}/notifications"), user));
    }
    senders
}

async fn send(url: String, user_id: u64) {
    let http = client();
    for run in 0.. {
        let message = Notification {
            user_id,
            run,
            text: "fire drill".to_owned(),
            carrier: JobCarrier::default(),
        };
        let answer = http.post(&url).json(&message).send().await;
        if !answer.is_ok_and(|answer| answer.status().is_success()) {
            sleep(Duration::from_secs(5)).await; // it is full, and hardly a message is to be refused
        }
    }
}

/// What the script of a slow page sends, a few times a second.
fn slow_pages(backend: &str) -> JoinSet<()> {
    let report = json!({ "page": "/", "measured": { "load": 8_000 } });
    let post = client().post(format!("{backend}/beacon"));
    let post = post.header("sec-fetch-site", "same-origin").json(&report);
    let mut browsers = JoinSet::new();
    browsers.spawn(async move {
        while let Some(post) = post.try_clone() {
            let _ = post.send().await;
            sleep(Duration::from_millis(250)).await;
        }
    });
    browsers
}

async fn behave(system: &System, conduct: Conduct) -> Result<(), FaultError> {
    let [exchange, _] = &OUTSIDE;
    let url = format!("http://{}/conduct", system.outside_address(exchange.name));
    let answer = client().put(url).json(&conduct).send().await?;
    answer.error_for_status()?;
    Ok(())
}
