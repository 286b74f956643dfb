//! `alertmanager.yml` for one stack: the committed file without the channels whose secrets are not
//! there, with the paths of this place, and faster if that is asked for.

use std::fs;
use std::path::Path;

use serde_yaml_ng::{Mapping, Value};

use crate::haste::hasten;
use crate::render::{self, RenderError, Seen};
use crate::site::{Site, committed};

const FILE: &str = "alertmanager/alertmanager.yml";
/// As the file has them, and as they are in a container.
const SECRETS: &str = "/etc/alertmanager/secrets";
const TEMPLATES: &str = "/etc/alertmanager/templates";

/// Writes the rendered file to its place in the stack's directory.
pub(crate) fn write(site: &Site, seen: Seen) -> Result<(), RenderError> {
    render::rewrite(FILE, &site.alertmanager_yml(), |root| {
        leave_out_channels(root, site.secrets.as_deref())?;
        if let Some(factor) = site.haste {
            hasten(&mut root["route"], factor);
        }
        if seen == Seen::FromHost {
            let templates = committed("alertmanager/templates");
            each_text(root, &mut |text| move_path(text, TEMPLATES, &templates));
            if let Some(secrets) = &site.secrets {
                each_text(root, &mut |text| move_path(text, SECRETS, secrets));
            }
        }
        Ok(())
    })
}

/// Who is told how, such as `on-call: slack, telegram`, by the rendered file.
pub(crate) fn channels(site: &Site) -> Vec<String> {
    let text = fs::read_to_string(site.alertmanager_yml()).unwrap_or_default();
    let root: Value = serde_yaml_ng::from_str(&text).unwrap_or_default();
    let receivers = root["receivers"].as_sequence().into_iter().flatten();
    receivers.filter_map(describe).collect()
}

fn describe(receiver: &Value) -> Option<String> {
    let keys = receiver.as_mapping()?.keys().filter_map(Value::as_str);
    let kinds: Vec<_> = keys
        .filter_map(|key| key.strip_suffix("_configs"))
        .collect();
    let name = receiver["name"].as_str()?;
    (!kinds.is_empty()).then(|| format!("{name}: {}", kinds.join(", ")))
}

fn leave_out_channels(root: &mut Value, secrets: Option<&Path>) -> Result<(), RenderError> {
    for receiver in render::sequence(root, FILE, "receivers")? {
        let receiver = receiver.as_mapping_mut();
        let receiver = receiver.ok_or(render::shape(FILE, "receivers"))?;
        leave_out(receiver, secrets);
    }
    Ok(())
}

fn leave_out(receiver: &mut Mapping, secrets: Option<&Path>) {
    for channels in receiver.values_mut().filter_map(Value::as_sequence_mut) {
        channels.retain_mut(|channel| has_secrets(channel, secrets));
    }
    receiver.retain(|_, value| {
        value
            .as_sequence()
            .is_none_or(|channels| !channels.is_empty())
    });
}

/// Whether each file of secrets that the channel names is there.
fn has_secrets(channel: &mut Value, secrets: Option<&Path>) -> bool {
    let mut all = true;
    each_text(channel, &mut |text| {
        if let Some(name) = text.strip_prefix(SECRETS) {
            let name = name.trim_start_matches('/');
            all &= secrets.is_some_and(|dir| dir.join(name).is_file());
        }
    });
    all
}

fn move_path(text: &mut String, from: &str, to: &Path) {
    if let Some(rest) = text.strip_prefix(from) {
        *text = format!("{}{rest}", to.display());
    }
}

fn each_text(value: &mut Value, change: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Sequence(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Mapping(items) => items.values_mut().for_each(|item| each_text(item, change)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed_file() -> Value {
        serde_yaml_ng::from_str(&fs::read_to_string(committed(FILE)).unwrap()).unwrap()
    }

    fn kinds(secrets: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for name in secrets {
            fs::write(dir.path().join(name), "s3cret").unwrap();
        }
        let mut root = committed_file();
        leave_out_channels(&mut root, Some(dir.path())).unwrap();
        let receivers = root["receivers"].as_sequence().unwrap().iter();
        receivers.filter_map(describe).collect()
    }

    #[test]
    fn a_channel_is_there_once_all_of_its_secrets_are() {
        assert_eq!(kinds(&[]), [""; 0]);
        assert_eq!(kinds(&["slack_url"]), ["team: slack", "on-call: slack"]);
        assert_eq!(kinds(&["telegram_token"]), [""; 0]);
        let telegram = ["telegram_token", "telegram_chat"];
        assert_eq!(kinds(&telegram), ["on-call: telegram"]);
        assert_eq!(kinds(&["smtp_password"]), ["escalation: email"]);
        assert_eq!(kinds(&["tickets_url"]), ["team: webhook"]);
        assert_eq!(kinds(&["heartbeat_url"]), ["heartbeat: webhook"]);
    }
}
