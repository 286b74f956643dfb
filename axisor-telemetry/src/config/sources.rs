//! What code and environment give.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::error::{ConfigError, Origin};
use super::given::{Entry, Layer};
use super::sections::{self, SETTINGS, Setting};
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
        let given = |name: &&&str| variables.get(**name).is_some_and(|value| !value.is_empty());
        if let Some(name) = setting.variables.iter().find(given) {
            layer.insert(setting.key, variable(setting, name, &variables[*name])?);
        }
    }
    layer.spread_attributes()
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
    let wrong = |name: &&String| sections::is_ours(name) && !sections::is_known(name);
    let Some(name) = variables.keys().find(wrong) else {
        return Ok(());
    };
    Err(ConfigError::UnknownKey {
        key: name.clone(),
        origin: Origin::Environment(name.clone()),
        hint: sections::nearest_variable(name),
    })
}

/// A warning for each of the specification's variables that one may count on and that has no effect.
pub(super) fn without_effect(variables: &Variables) -> Vec<String> {
    const COUNTED_ON: [&str; 6] = [
        "OTEL_EXPORTER_OTLP_",
        "OTEL_BSP_",
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
