//! Whether Redis answers.

use redis::aio::ConnectionLike;
use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::tcp;
use super::{CheckReport, Checking, HealthCheck};

/// How long the key of a written check lives, in milliseconds.
const LIVES_MS: u32 = 10_000;

/// Asks `PING` over a clone of the service's own connection: a `ConnectionManager`, which connects again by itself, a
/// `MultiplexedConnection`, a cluster's.
///
/// A Redis whose memory is full answers `PING` and refuses writes. Where that matters, let the check write.
/// ```
/// use axisor_telemetry::Telemetry;
/// use axisor_telemetry::health::RedisCheck;
///
/// fn watched(connection: redis::aio::MultiplexedConnection) -> axisor_telemetry::TelemetryBuilder {
///     let check = RedisCheck::new(connection).that_writes("axisor:health");
///     Telemetry::builder("axisor-backend").health_check("redis", check)
/// }
/// ```
#[derive(Clone)]
pub struct RedisCheck<C> {
    connection: C,
    key: Option<String>,
}

impl<C> RedisCheck<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    /// A check over clones of `connection`.
    pub fn new(connection: C) -> Self {
        Self {
            connection,
            key: None,
        }
    }

    /// Also writes `1` under `key`, which lives for ten seconds: it notices a Redis that is full or read-only.
    #[must_use]
    pub fn that_writes(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    async fn ask(&self) -> Result<(), RedisError> {
        let mut connection = self.connection.clone();
        redis::cmd("PING").exec_async(&mut connection).await?;
        if let Some(key) = &self.key {
            let mut set = redis::cmd("SET");
            set.arg(key).arg(1).arg("PX").arg(LIVES_MS);
            set.exec_async(&mut connection).await?;
        }
        Ok(())
    }
}

impl<C> HealthCheck for RedisCheck<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    fn check(&self) -> Checking<'_> {
        Box::pin(async {
            match self.ask().await {
                Ok(()) => CheckReport::healthy().with_response_time(),
                Err(error) => CheckReport::failed(in_words(&error)),
            }
        })
    }
}

impl<C> std::fmt::Debug for RedisCheck<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisCheck")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Without the server's own words, which may name keys and addresses.
fn in_words(error: &RedisError) -> String {
    if error.is_timeout() {
        return "no answer in the connection's own time".to_owned();
    }
    match error.kind() {
        ErrorKind::AuthenticationFailed => "authentication refused".to_owned(),
        ErrorKind::Server(ServerErrorKind::BusyLoading) => "loading its data".to_owned(),
        ErrorKind::Server(ServerErrorKind::ReadOnly) => "read-only".to_owned(),
        _ => match error.code() {
            Some("OOM") => "out of memory: writes are refused".to_owned(),
            Some("NOAUTH" | "WRONGPASS" | "NOPERM") => "authentication refused".to_owned(),
            Some(code) => format!("refused: {code}"),
            None => connection_in_words(error).to_owned(),
        },
    }
}

fn connection_in_words(error: &RedisError) -> &'static str {
    let source = std::error::Error::source(error);
    let io = source.and_then(|source| source.downcast_ref::<std::io::Error>());
    io.map_or("no connection", tcp::in_words)
}
