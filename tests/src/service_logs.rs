//! Services' log lines in the Collector's files: OTLP in JSON, a request a line.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A line as the Collector keeps it.
#[derive(Debug, Clone)]
pub struct Record {
    /// `service.name`.
    pub service: String,
    /// The target.
    pub target: String,
    as_sent: Value,
}

impl Record {
    /// `INFO` and the like.
    #[must_use]
    pub fn level(&self) -> &str {
        text(&self.as_sent["severityText"])
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        text(&self.as_sent["body"]["stringValue"])
    }

    /// The trace in hexadecimal digits, empty if there is none.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        text(&self.as_sent["traceId"])
    }

    /// The span in hexadecimal digits, empty if there is none.
    #[must_use]
    pub fn span_id(&self) -> &str {
        text(&self.as_sent["spanId"])
    }

    /// A field that is text.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let fields = self.as_sent["attributes"].as_array()?;
        let field = fields.iter().find(|field| field["key"] == name)?;
        field["value"]["stringValue"].as_str()
    }
}

/// The files of a directory, the one being written last.
///
/// # Errors
/// If the directory cannot be read.
pub fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory)?;
    let mut files: Vec<_> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    files.sort(); // `logs-….json` is before `logs.json`
    Ok(files)
}

/// Every line that is kept, in the order in which they came.
///
/// # Errors
/// If a file cannot be read or is not what the Collector writes.
pub fn records(directory: &Path) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    for file in files(directory)? {
        for line in std::fs::read_to_string(file)?.lines() {
            records.extend(of_request(&serde_json::from_str(line)?));
        }
    }
    Ok(records)
}

fn of_request(request: &Value) -> Vec<Record> {
    let mut records = Vec::new();
    for resource in list(&request["resourceLogs"]) {
        let attributes = list(&resource["resource"]["attributes"]);
        let name = attributes
            .iter()
            .find(|attribute| attribute["key"] == "service.name");
        let service = name.map_or("", |name| text(&name["value"]["stringValue"]));
        for scope in list(&resource["scopeLogs"]) {
            records.extend(list(&scope["logRecords"]).iter().map(|record| Record {
                service: service.to_owned(),
                target: text(&scope["scope"]["name"]).to_owned(),
                as_sent: record.clone(),
            }));
        }
    }
    records
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
