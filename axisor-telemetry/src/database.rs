//! Calls of a database as client spans, after the semantic conventions for [database clients].
//!
//! Drivers know nothing of OpenTelemetry, so what is asked is wrapped where it is asked, whatever the driver:
//!
//! ```
//! use axisor_telemetry::Telemetry;
//! use axisor_telemetry::database::Database;
//!
//! # async fn query() -> Result<u64, std::io::Error> { Ok(1) }
//! # async fn example(telemetry: &Telemetry) -> Result<(), std::io::Error> {
//! let trades: Database = telemetry.database("postgresql").namespace("trades").server("db.internal", 5432);
//! let orders = trades.call("SELECT orders", query()).await?;
//! # Ok(())
//! # }
//! ```
//! Each call is one span, named by its summary, from its first poll to its end. An error makes it one, by the error's
//! type, or by the database's own status where the feature of its driver is on (`sqlx`, `redis`); its text, which may
//! quote what was asked, is not told. A call whose future is dropped has `axisor.outcome="cancelled"`. Statements and
//! parameters are never recorded: the summary is what you write, with few values.
//!
//! [database clients]: https://opentelemetry.io/docs/specs/semconv/database/database-spans/

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use opentelemetry::trace::{SpanBuilder, SpanKind};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_semantic_conventions::attribute;

use crate::remote::{Remote, address, error_type};
use crate::scope::Scope;

/// One database of one telemetry, made by [`Telemetry::database`](crate::Telemetry::database): a handle to keep, and to
/// clone.
#[derive(Clone)]
#[must_use = "records nothing by itself: use `call`"]
pub struct Database {
    scope: Arc<Scope>,
    attributes: Vec<KeyValue>,
}

impl Database {
    /// A database of this kind, whose calls are recorded in `scope`.
    pub(crate) fn new(scope: Arc<Scope>, system: &'static str) -> Self {
        let attributes = vec![KeyValue::new(attribute::DB_SYSTEM_NAME, system)];
        Self { scope, attributes }
    }

    /// Which of its databases is called, `db.namespace`.
    pub fn namespace(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.with(attribute::DB_NAMESPACE, name.into())
    }

    /// Where it is, `server.address` and `server.port`.
    pub fn server(self, host: &str, port: u16) -> Self {
        let host = address(host).to_owned();
        self.with(attribute::SERVER_ADDRESS, host)
            .with(attribute::SERVER_PORT, i64::from(port))
    }

    fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.attributes.push(KeyValue::new(key, value));
        self
    }

    /// Runs `query` below a span called `summary`: the operation and what it is about, such as `SELECT orders` or `GET`.
    ///
    /// # Errors
    /// The query's own.
    pub async fn call<T, E>(
        &self,
        summary: &'static str,
        query: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E>
    where
        E: Error + 'static,
    {
        let mut remote = Remote::start(&self.scope, self.span(summary), &Context::current());
        let mut query = pin!(query);
        let result = poll_fn(|cx| remote.run(|| query.as_mut().poll(cx))).await;
        end(remote, result.as_ref().err());
        result
    }

    fn span(&self, summary: &'static str) -> SpanBuilder {
        let mut words = summary.split_whitespace();
        let mut attributes = self.attributes.clone();
        attributes.push(KeyValue::new(attribute::DB_QUERY_SUMMARY, summary));
        let names = [attribute::DB_OPERATION_NAME, attribute::DB_COLLECTION_NAME];
        let words = names.into_iter().zip(&mut words);
        attributes.extend(words.map(|(name, word)| KeyValue::new(name, word)));
        SpanBuilder::from_name(summary)
            .with_kind(SpanKind::Client)
            .with_attributes(attributes)
    }
}

fn end<E: Error + 'static>(mut remote: Remote, error: Option<&E>) {
    let Some(error) = error else {
        return remote.end(None::<&str>);
    };
    let status = status(error);
    if let Some(status) = &status {
        remote.set(attribute::DB_RESPONSE_STATUS_CODE, status.clone());
    }
    remote.end(Some(
        status.map_or_else(|| error_type::<E>().into(), Cow::Owned),
    ));
}

/// What the database itself says: an SQLSTATE, or the first word of a Redis error.
fn status(error: &(dyn Error + 'static)) -> Option<String> {
    #[cfg(feature = "sqlx")]
    if let Some(sqlx::Error::Database(refusal)) = error.downcast_ref() {
        return refusal.code().map(Cow::into_owned);
    }
    #[cfg(feature = "redis")]
    if let Some(refusal) = error.downcast_ref::<redis::RedisError>() {
        return refusal.code().map(str::to_owned);
    }
    let _ = error;
    None
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}
