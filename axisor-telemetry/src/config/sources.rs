//! What code, the environment and a file give, before anybody checks it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Origin};
use super::parse;
use super::sections::{self, ATTRIBUTES, Kind, SETTINGS, Setting};
use crate::redact;

/// The environment's variables by name.
pub(super) type Variables = BTreeMap<String, OsString>;

/// The text of a value, not yet checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    Text(String),
    Pairs(Vec<(String, String)>),
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) raw: Raw,
    pub(super) origin: Origin,
}

/// What one source gives, or several together.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer(BTreeMap<&'static str, Entry>);

impl Layer {
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.0.get(key)
    }

    pub(super) fn insert(&mut self, key: &'static str, entry: Entry) {
        self.0.insert(key, entry);
    }

    /// Lays a source that goes first over this one. Resource attributes add up, name by name.
    pub(super) fn cover(&mut self, mut upper: Self) {
        if let (Some(lower), Some(upper)) = (self.0.get(ATTRIBUTES), upper.0.get_mut(ATTRIBUTES)) {
            add_missing(&mut upper.raw, &lower.raw);
        }
        self.0.append(&mut upper.0);
    }

    /// Gives the resource attributes that are settings of their own to these settings, unless they are given.
    fn spread_attributes(mut self) -> Result<Self, ConfigError> {
        let Some(entry) = self.0.remove(ATTRIBUTES) else {
            return Ok(self);
        };
        let mut rest = Vec::new();
        for (name, value) in entry.pairs(ATTRIBUTES)? {
            let setting = SETTINGS
                .iter()
                .find(|setting| setting.attribute == Some(&name));
            let Some(setting) = setting else {
                rest.push((name, value));
                continue;
            };
            let origin = entry.origin.clone();
            let raw = Raw::Text(value);
            self.0.entry(setting.key).or_insert(Entry { raw, origin });
        }
        if !rest.is_empty() {
            let raw = Raw::Pairs(rest);
            self.0.insert(ATTRIBUTES, Entry { raw, ..entry });
        }
        Ok(self)
    }
}

fn add_missing(upper: &mut Raw, lower: &Raw) {
    let (Raw::Pairs(upper), Raw::Pairs(lower)) = (upper, lower) else {
        return;
    };
    for (name, value) in lower {
        if !upper.iter().any(|(known, _)| known == name) {
            upper.push((name.clone(), value.clone()));
        }
    }
}

impl Entry {
    pub(super) fn text(text: impl Into<String>, origin: Origin) -> Self {
        let raw = Raw::Text(text.into());
        Self { raw, origin }
    }

    pub(super) fn pairs(&self, key: &'static str) -> Result<Vec<(String, String)>, ConfigError> {
        match &self.raw {
            Raw::Pairs(pairs) => Ok(pairs.clone()),
            Raw::Text(text) => parse::pairs(text).ok_or_else(|| self.refused(key)),
        }
    }

    /// The error that says this is no value for `key`.
    pub(super) fn refused(&self, key: &'static str) -> ConfigError {
        let kind = sections::find(key).map_or(Kind::Text, |setting| setting.kind);
        ConfigError::Value {
            key,
            origin: self.origin.clone(),
            given: redact::text(&self.masked(kind)).into_owned(),
            expected: kind.expected(),
        }
    }

    /// The value as it may be shown.
    pub(super) fn masked(&self, kind: Kind) -> String {
        match (kind, &self.raw) {
            (Kind::SecretText, _) | (Kind::Headers, Raw::Text(_)) => redact::REDACTED.to_owned(),
            (Kind::Headers, Raw::Pairs(pairs)) => {
                joined(pairs.iter().map(|(name, _)| (name, redact::REDACTED)))
            }
            (_, Raw::Pairs(pairs)) => {
                let pairs = joined(pairs.iter().map(|(name, value)| (name, value.as_str())));
                redact::text(&pairs).into_owned()
            }
            (_, Raw::Text(text)) => text.clone(),
        }
    }
}

fn joined<'a>(pairs: impl Iterator<Item = (&'a String, &'a str)>) -> String {
    let pairs = pairs.map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join(",")
}

/// What the program set, the last word on a key going first.
pub(super) fn code(given: &[(String, String)]) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    for (key, value) in given {
        let setting = sections::find(key).ok_or_else(|| unknown(key, Origin::Code))?;
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

/// A warning for each variable of the exporter or the span queue that has no effect.
pub(super) fn without_effect(variables: &Variables) -> Vec<String> {
    let of_exporters =
        |name: &&String| name.starts_with("OTEL_EXPORTER_OTLP_") || name.starts_with("OTEL_BSP_");
    let names = variables.keys().filter(of_exporters);
    let names = names.filter(|name| !sections::is_known(name));
    names
        .map(|name| format!("environment variable {name} is not supported and has no effect"))
        .collect()
}

fn unknown(key: &str, origin: Origin) -> ConfigError {
    ConfigError::UnknownKey {
        key: key.to_owned(),
        origin,
        hint: sections::nearest_key(key),
    }
}

/// What a TOML file says.
pub(super) fn file(path: &Path) -> Result<Layer, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::File {
        path: path.to_owned(),
        source,
    })?;
    let mut file = File {
        path,
        text: &text,
        layer: Layer::default(),
    };
    let table = DeTable::parse(&text).map_err(|error| file.syntax(&error))?;
    file.section("", table.get_ref())?;
    file.layer.spread_attributes()
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
    layer: Layer,
}

impl File<'_> {
    fn section(&mut self, section: &str, table: &DeTable<'_>) -> Result<(), ConfigError> {
        for (name, value) in table {
            let key = path_of(section, name.get_ref());
            match (sections::find(&key), value.get_ref()) {
                (Some(setting), _) => self.value(setting, value)?,
                (None, DeValue::Table(table)) if sections::is_section(&key) => {
                    self.section(&key, table)?;
                }
                _ => return Err(unknown(&key, self.origin(name.span().start))),
            }
        }
        Ok(())
    }

    fn value(
        &mut self,
        setting: &'static Setting,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), ConfigError> {
        let origin = self.origin(value.span().start);
        let Some(raw) = raw(setting.kind, value.get_ref()) else {
            let as_written = &self.text[value.span()];
            return Err(Entry::text(as_written, origin).refused(setting.key));
        };
        self.layer.insert(setting.key, Entry { raw, origin });
        Ok(())
    }

    fn origin(&self, offset: usize) -> Origin {
        Origin::File {
            path: self.path.to_owned(),
            line: self.line(offset),
        }
    }

    fn line(&self, offset: usize) -> usize {
        self.text[..offset].matches('\n').count() + 1
    }

    /// The parser's own text is left out: it quotes the line, which may be a secret.
    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        ConfigError::Syntax {
            path: self.path.to_owned(),
            line: self.line(error.span().map_or(0, |span| span.start)),
            reason: error.message().to_owned(),
        }
    }
}

/// The text of a TOML value of a type this kind of setting takes; any takes a string.
fn raw(kind: Kind, value: &DeValue<'_>) -> Option<Raw> {
    let text = match (kind, value) {
        (_, DeValue::String(text)) => text.to_string(),
        (Kind::Flag, DeValue::Boolean(flag)) => flag.to_string(),
        (
            Kind::Count | Kind::Batch | Kind::Port | Kind::Time | Kind::Ratio,
            DeValue::Integer(number),
        ) => (number.radix() == 10).then(|| number.as_str().to_owned())?,
        (Kind::Ratio, DeValue::Float(number)) => number.as_str().to_owned(),
        (Kind::List(_), DeValue::Array(words)) if words.is_empty() => "none".to_owned(),
        (Kind::List(_), DeValue::Array(words)) => {
            let words: Option<Vec<&str>> =
                words.iter().map(|word| word.get_ref().as_str()).collect();
            words?.join(",")
        }
        (Kind::Attributes | Kind::Headers, DeValue::Table(table)) => {
            let mut pairs = Vec::new();
            flatten("", table, &mut pairs)?;
            return Some(Raw::Pairs(pairs));
        }
        _ => return None,
    };
    Some(Raw::Text(text))
}

/// `cloud.region = "eu"` is a table within a table to TOML, one attribute to its author.
fn flatten(section: &str, table: &DeTable<'_>, pairs: &mut Vec<(String, String)>) -> Option<()> {
    for (name, value) in table {
        let name = path_of(section, name.get_ref());
        match value.get_ref() {
            DeValue::String(text) => pairs.push((name, text.to_string())),
            DeValue::Table(table) => flatten(&name, table, pairs)?,
            _ => return None,
        }
    }
    Some(())
}

fn path_of(section: &str, name: &str) -> String {
    if section.is_empty() {
        return name.to_owned();
    }
    format!("{section}.{name}")
}
