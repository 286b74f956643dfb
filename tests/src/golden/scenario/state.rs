//! What a step changes in the outside world.

use serde::Deserialize;
use serde_json::Value;

/// Changes of the outside world; what is absent stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct State {
    pub(in crate::golden) db: Option<Database>,
    pub(in crate::golden) connections: Option<Value>,
    pub(in crate::golden) connections_queue: Option<Vec<Value>>,
    pub(in crate::golden) users: Option<Value>,
    pub(in crate::golden) ln: Option<Exchange>,
    #[serde(default, deserialize_with = "present")]
    pub(in crate::golden) broken_health: Option<Value>,
}

/// Tells `null` from nothing at all.
fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// How the database answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(in crate::golden) enum Database {
    /// `up`, or else the message of its error.
    Says(String),
    Slow(SlowDatabase),
    Throws(Thrown),
    Error(ClassError),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct SlowDatabase {
    pub(in crate::golden) slow_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct Thrown {
    #[serde(rename = "throw")]
    pub(in crate::golden) value: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct ClassError {
    #[serde(rename = "error_class")]
    _class: String,
    pub(in crate::golden) message: String,
}

/// How the exchange answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(in crate::golden) enum Exchange {
    Status(u16),
    Slow(SlowExchange),
    Mode(ExchangeMode),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct SlowExchange {
    pub(in crate::golden) slow_ms: u64,
    #[serde(default)]
    pub(in crate::golden) status: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::golden) enum ExchangeMode {
    Drop,
    Unreachable,
    Hang,
    Garbage,
    Redirect,
    RedirectLoop,
    HeadersOnly,
}
