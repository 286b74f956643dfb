//! What code and environment give.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::error::{ConfigError, Origin};
use super::given::{Entry, Layer};
use super::kubernetes;
use super::sections::{self, Kind, SETTINGS, Setting};
use crate::redact;

/// The environment's variables by name.
pub(super) type Variables = BTreeMap<String, OsString>;

/// What the program set, the last word on a key going first.
pub(super) fn code(given: &[(String, String)]) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    for (key, value) in given {
        let setting =
            sections::find(key).ok_or_else(|| ConfigError::unknown_key(key, Origin::Code))?;
        layer.insert(setting.key, Entry::text(value, Origin::Code));
    }
    layer.spread_attributes()
}

/// What the environment says. An empty variable counts as absent, as OpenTelemetry wants it.
pub(super) fn environment(variables: &Variables) -> Result<Layer, ConfigError> {
    refuse_unknown(variables)?;
    let mut layer = Layer::default();
    for setting in SETTINGS {
        let given = |name: &&&str| {
            let value = variables.get(**name);
            value.is_some_and(|value| !value.is_empty() && !is_of_a_service(setting, value))
        };
        if let Some(name) = setting.variables.iter().find(given) {
            layer.insert(setting.key, variable(setting, name, &variables[*name])?);
        }
    }
    layer.spread_attributes()
}

/// Whether Kubernetes put the address of a Service where a port is expected.
fn is_of_a_service(setting: &Setting, value: &OsStr) -> bool {
    setting.kind == Kind::Port && kubernetes::is_address(value)
}

fn variable(setting: &Setting, name: &str, value: &OsString) -> Result<Entry, ConfigError> {
    let origin = Origin::Environment(name.to_owned());
    match value.to_str() {
        Some(text) => Ok(Entry::text(text, origin)),
        None => Err(ConfigError::Value {
            key: setting.key,
            given: redact::REDACTED.to_owned(),
            origin,
            expected: "UTF-8",
        }),
    }
}

fn refuse_unknown(variables: &Variables) -> Result<(), ConfigError> {
    let of_kubernetes = |name: &str| kubernetes::is_link(name) || kubernetes::is_port(name);
    let wrong = |name: &&String| is_unknown(name) && !of_kubernetes(name);
    let Some(name) = variables.keys().find(wrong) else {
        return Ok(());
    };
    Err(ConfigError::UnknownKey {
        key: name.clone(),
        origin: Origin::Environment(name.clone()),
        hint: sections::nearest_variable(name),
    })
}

fn is_unknown(variable: &str) -> bool {
    sections::is_ours(variable) && !sections::is_known(variable)
}

/// A warning for each variable that ends in `_PORT` and looks as if it had an effect.
pub(super) fn odd_ports(variables: &Variables) -> Vec<String> {
    let given = variables.iter().filter(|(_, value)| !value.is_empty());
    let ports = given.filter(|(name, _)| kubernetes::is_port(name));
    ports
        .filter_map(|(name, value)| odd_port(name, value))
        .collect()
}

fn odd_port(name: &str, value: &OsStr) -> Option<String> {
    let address = kubernetes::is_address(value);
    let why = if address && sections::is_known(name) {
        "has a Service's address from Kubernetes"
    } else if !address && is_unknown(name) {
        "is no setting"
    } else {
        return None;
    };
    Some(format!(
        "environment variable {name} {why} and has no effect"
    ))
}

/// A warning for each of the specification's variables that one may count on and that has no effect.
pub(super) fn without_effect(variables: &Variables) -> Vec<String> {
    const COUNTED_ON: [&str; 8] = [
        "OTEL_EXPORTER_OTLP_",
        "OTEL_BSP_",
        "OTEL_BLRP_",
        "OTEL_LOGRECORD_",
        "OTEL_SPAN_",
        "OTEL_EVENT_ATTRIBUTE_",
        "OTEL_LINK_ATTRIBUTE_",
        "OTEL_ATTRIBUTE_",
    ];
    let counted_on = |name: &&String| COUNTED_ON.iter().any(|start| name.starts_with(start));
    let names = variables.keys().filter(counted_on);
    let names = names.filter(|name| !sections::is_known(name));
    names
        .map(|name| format!("environment variable {name} is not supported and has no effect"))
        .collect()
}
