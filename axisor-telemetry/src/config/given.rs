//! What was given for each key, before anybody checks it, and which source goes first.

use std::collections::BTreeMap;

use super::error::{ConfigError, Origin};
use super::parse;
use super::sections::{self, ATTRIBUTES, Kind, SETTINGS};
use crate::redact;

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
    pub(super) fn spread_attributes(mut self) -> Result<Self, ConfigError> {
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
            (Kind::Dsn, _) | (Kind::Headers, Raw::Text(_)) => redact::REDACTED.to_owned(),
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
