//! What a TOML file says.

use std::fs;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Origin};
use super::given::{Entry, Layer, Raw};
use super::sections::{self, Kind, Setting};

/// Reads the file at this path.
pub(super) fn read(path: &Path) -> Result<Layer, ConfigError> {
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
                _ => {
                    let origin = self.origin(name.span().start);
                    return Err(ConfigError::unknown_key(&key, origin));
                }
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
            Kind::Count | Kind::Limit | Kind::Batch(_) | Kind::Port | Kind::Time | Kind::Ratio,
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
