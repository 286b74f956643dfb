//! One setting at a time: default, inheritance, type, feature.

use std::time::Duration;

use super::error::{ConfigError, Origin};
use super::given::{Entry, Layer, Raw};
use super::sections::{self, Fallback, SETTINGS};
use super::values::Secret;
use super::{Line, parse};

/// The features settings may need, and whether a build has them.
pub(super) type Features = [(&'static str, bool)];

/// The features of this build.
pub(super) const COMPILED: &Features = &[
    ("grpc", cfg!(feature = "grpc")),
    ("http", cfg!(feature = "http")),
    ("tls", cfg!(feature = "tls")),
    ("sentry", cfg!(feature = "sentry")),
    ("runtime", cfg!(feature = "runtime")),
];

/// What was given, filled up as it is resolved.
pub(super) struct Resolver<'a> {
    pub(super) given: Layer,
    pub(super) warnings: Vec<String>,
    pub(super) features: &'a Features,
}

impl Resolver<'_> {
    pub(super) fn add_defaults(&mut self) {
        for setting in SETTINGS {
            if let Fallback::Is(value) = setting.fallback {
                self.fall_back(setting.key, value);
            }
        }
    }

    pub(super) fn fall_back(&mut self, key: &'static str, value: impl Into<String>) {
        if self.given.get(key).is_none() {
            self.given.insert(key, Entry::text(value, Origin::Default));
        }
    }

    pub(super) fn inherit(&mut self, from: &'static str, to: &'static str) {
        if let (Some(entry), None) = (self.given.get(from), self.given.get(to)) {
            self.given.insert(to, entry.clone());
        }
    }

    pub(super) fn optional<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(entry) = self.given.get(key) else {
            return Ok(None);
        };
        let Raw::Text(text) = &entry.raw else {
            return Err(entry.refused(key));
        };
        parse(text).map(Some).ok_or_else(|| entry.refused(key))
    }

    /// The value of a setting that always has one.
    pub(super) fn get<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let none = || Entry::text("", Origin::Default).refused(key);
        self.optional(key, parse)?.ok_or_else(none)
    }

    /// `OTEL_` variables have milliseconds and nothing else.
    pub(super) fn time(&self, key: &'static str) -> Result<Duration, ConfigError> {
        if self.comes_from(key, |variable| variable.starts_with("OTEL_")) {
            return self.get(key, parse::milliseconds);
        }
        self.get(key, parse::time)
    }

    pub(super) fn endpoint(&self, key: &'static str) -> Result<String, ConfigError> {
        self.get(key, |text| parse::endpoint(text).map(|_| text.to_owned()))
    }

    pub(super) fn pairs(&self, key: &'static str) -> Result<Vec<(String, String)>, ConfigError> {
        let entry = self.given.get(key);
        entry.map_or_else(|| Ok(Vec::new()), |entry| entry.pairs(key))
    }

    pub(super) fn headers(&self, key: &'static str) -> Result<Vec<(String, Secret)>, ConfigError> {
        let Some(entry) = self.given.get(key) else {
            return Ok(Vec::new());
        };
        parse::headers(entry.pairs(key)?).ok_or_else(|| entry.refused(key))
    }

    pub(super) fn is_given(&self, key: &str) -> bool {
        let entry = self.given.get(key);
        entry.is_some_and(|entry| entry.origin != Origin::Default)
    }

    pub(super) fn comes_from(&self, key: &str, variable: impl FnOnce(&str) -> bool) -> bool {
        match self.given.get(key).map(|entry| &entry.origin) {
            Some(Origin::Environment(name)) => variable(name),
            _ => false,
        }
    }

    pub(super) fn origin(&self, key: &str) -> Origin {
        let entry = self.given.get(key);
        entry.map_or(Origin::Default, |entry| entry.origin.clone())
    }

    pub(super) fn need(&self, key: &'static str, feature: &'static str) -> Result<(), ConfigError> {
        if self.features.contains(&(feature, true)) {
            return Ok(());
        }
        Err(ConfigError::MissingFeature {
            key,
            origin: self.origin(key),
            given: self.line(key).map_or_else(String::new, |line| line.value),
            feature,
        })
    }

    pub(super) fn warn(&mut self, warning: &str) {
        self.warnings.push(warning.to_owned());
    }

    pub(super) fn listing(&self) -> Vec<Line> {
        let keys = SETTINGS.iter().map(|setting| setting.key);
        keys.filter_map(|key| self.line(key)).collect()
    }

    pub(super) fn line(&self, key: &'static str) -> Option<Line> {
        let setting = sections::find(key)?;
        let entry = self.given.get(key)?;
        Some(Line {
            key,
            value: entry.masked(setting.kind),
            origin: entry.origin.clone(),
        })
    }
}
