//! A sample's labels: whatever attributes a user's own instrument has, a scraper can read them.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::Value as Json;

use super::{Quotes, escape, escaped_name};

/// Labels that a number's sample has by itself.
pub(super) const NUMBER_OWN: &[&str] = &["__name__"];
/// Labels that a histogram's samples have by themselves.
pub(super) const HISTOGRAM_OWN: &[&str] = &["__name__", "le"];

/// Writes each label once, since one name twice makes Prometheus refuse the whole scrape.
///
/// Attributes whose names become equal are joined with `;`, as the Collector does it, and those with a name of the
/// sample's `own` are renamed, as Prometheus does it with its own labels.
pub(super) fn write_labels(out: &mut String, attributes: &[KeyValue], own: &[&str]) {
    out.clear();
    let named = |attribute: &&KeyValue| !attribute.key.is_empty();
    let mut labels: Vec<(String, &KeyValue)> = attributes
        .iter()
        .filter(named)
        .map(|attribute| (label_name(&attribute.key, own), attribute))
        .collect();
    labels.sort_unstable_by(|(a, x), (b, y)| (a, &x.key).cmp(&(b, &y.key)));
    for equal in labels.chunk_by(|(a, _), (b, _)| a == b) {
        write_label(out, equal);
    }
}

fn write_label(out: &mut String, equal: &[(String, &KeyValue)]) {
    let mut before = if out.is_empty() { "" } else { "," };
    for (name, attribute) in equal {
        out.push_str(before);
        if before != ";" {
            out.push_str(name);
            out.push_str("=\"");
        }
        escape(out, &text(attribute.value.as_ref()), Quotes::Escaped);
        before = ";";
    }
    out.push('"');
}

fn label_name(key: &str, own: &[&str]) -> String {
    let name = escaped_name(key).replace(':', "_");
    if own.contains(&name.as_str()) {
        return format!("exported_{name}");
    }
    name
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => text.clone(),
        Some(Any::DoubleValue(value)) => value.to_string(),
        Some(other) => json(other).to_string(),
        None => String::new(),
    }
}

fn json(value: &Any) -> Json {
    let inner = |value: &AnyValue| value.value.as_ref().map_or(Json::Null, json);
    match value {
        Any::StringValue(text) => text.as_str().into(),
        Any::BoolValue(value) => (*value).into(),
        Any::IntValue(value) => (*value).into(),
        Any::DoubleValue(value) => (*value).into(),
        Any::ArrayValue(array) => array.values.iter().map(inner).collect(),
        // An attribute of a metric is none of these.
        _ => Json::Null,
    }
}
