//! What a step says of what it does.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct HttpRequest {
    pub(in crate::golden) method: String,
    pub(in crate::golden) path: String,
    #[serde(default)]
    pub(in crate::golden) headers: BTreeMap<String, String>,
    pub(in crate::golden) body: Option<Value>,
    pub(in crate::golden) abort_after_ms: Option<u64>,
}

impl HttpRequest {
    pub(in crate::golden) fn get(path: &str, headers: BTreeMap<String, String>) -> Self {
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers,
            body: None,
            abort_after_ms: None,
        }
    }

    /// The request of one repetition.
    pub(in crate::golden) fn repetition(&self, n: usize) -> Self {
        Self {
            path: self.path.replace("{n}", &n.to_string()),
            ..self.clone()
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct Automation {
    #[serde(rename = "type")]
    pub(in crate::golden) kind: String,
    pub(in crate::golden) status: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct MarginGuard {
    pub(in crate::golden) action: String,
    pub(in crate::golden) plan: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct Many {
    pub(in crate::golden) kind: ManyKind,
    pub(in crate::golden) prefix: String,
    pub(in crate::golden) count: usize,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::golden) enum ManyKind {
    Automation,
    MarginGuard,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct Create {
    pub(in crate::golden) kind: MetricKind,
    pub(in crate::golden) name: String,
    pub(in crate::golden) help: String,
    pub(in crate::golden) labels: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::golden) enum MetricKind {
    Counter,
    Gauge,
    Histogram,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::golden) struct Record {
    pub(in crate::golden) name: String,
    pub(in crate::golden) op: Op,
    pub(in crate::golden) value: Option<Value>,
    #[serde(default)]
    pub(in crate::golden) labels: Labels,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::golden) enum Op {
    Inc,
    Dec,
    Set,
    Observe,
    Touch,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(in crate::golden) enum Labels {
    ByName(BTreeMap<String, LabelText>),
    ByPosition(Vec<LabelText>),
}

impl Default for Labels {
    fn default() -> Self {
        Self::ByName(BTreeMap::new())
    }
}

/// A label's value; the service wrote numbers and booleans as text.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Value")]
pub(in crate::golden) struct LabelText(pub(in crate::golden) String);

impl From<Value> for LabelText {
    fn from(value: Value) -> Self {
        Self(match value {
            Value::String(text) => text,
            other => other.to_string(),
        })
    }
}

impl Record {
    /// The number to record; 1 if none is given, none if a typed interface cannot express it.
    pub(in crate::golden) fn number(&self) -> Option<f64> {
        match &self.value {
            None => Some(1.0),
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::Object(special)) => match special.get("number")?.as_str()? {
                "Infinity" => Some(f64::INFINITY),
                "-Infinity" => Some(f64::NEG_INFINITY),
                other => other.parse().ok(),
            },
            Some(_) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::golden) enum Poll {
    Database,
    Users,
}
