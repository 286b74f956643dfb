//! Log lines in the protocol's messages: <https://opentelemetry.io/docs/specs/otel/logs/data-model/>.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_sdk::Resource;
use prost::Message as _;

use super::batches::{Encode, Items};
use super::queue::Queue;
use super::split;

/// A line that waits.
pub(super) struct WaitingLine {
    target: String,
    record: LogRecord,
}

/// Takes lines and never waits.
#[derive(Clone)]
pub(crate) struct LogSink(Arc<Queue<WaitingLine>>);

impl LogSink {
    pub(super) fn new(queue: Arc<Queue<WaitingLine>>) -> Self {
        Self(queue)
    }

    /// Queues a line of this target, or counts it as lost.
    pub(crate) fn take(&self, target: String, record: LogRecord) {
        self.0.push(WaitingLine { target, record });
    }
}

impl fmt::Debug for LogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogSink")
    }
}

/// A request with so many lines.
#[derive(Debug)]
pub(super) struct EncodedLines {
    pub(super) message: Bytes,
    lines: usize,
}

impl Items for EncodedLines {
    fn items(&self) -> usize {
        self.lines
    }
}

/// Encodes the lines of one resource.
pub(super) struct LineEncoder {
    /// Without lines.
    head: ResourceLogs,
    limit: usize,
}

impl LineEncoder {
    /// Requests have about `limit` bytes at most: a line larger than that is a request of its own.
    pub(super) fn new(resource: &Resource, limit: usize) -> Self {
        let head = ResourceLogs {
            resource: Some(resource.into()),
            schema_url: resource.schema_url().unwrap_or_default().to_owned(),
            ..ResourceLogs::default()
        };
        Self { head, limit }
    }

    fn request(&self, lines: Vec<WaitingLine>) -> EncodedLines {
        let count = lines.len();
        let resource_logs = ResourceLogs {
            scope_logs: by_target(lines),
            ..self.head.clone()
        };
        let request = ExportLogsServiceRequest {
            resource_logs: vec![resource_logs],
        };
        EncodedLines {
            message: Bytes::from(request.encode_to_vec()),
            lines: count,
        }
    }
}

impl Encode for LineEncoder {
    type Item = WaitingLine;
    type Request = EncodedLines;

    fn encode(&self, batch: Vec<WaitingLine>) -> Vec<EncodedLines> {
        let size = |line: &WaitingLine| split::delimited(&line.record) + line.target.len();
        let requests = split::batches(batch.into_iter(), size, self.limit);
        requests
            .into_iter()
            .map(|lines| self.request(lines))
            .collect()
    }
}

/// The target is what the data model calls the name of the logger: the scope's.
fn by_target(lines: Vec<WaitingLine>) -> Vec<ScopeLogs> {
    let mut scopes = Vec::<(String, Vec<LogRecord>)>::new();
    for WaitingLine { target, record } in lines {
        match scopes.iter_mut().find(|(name, _)| *name == target) {
            Some((_, records)) => records.push(record),
            None => scopes.push((target, vec![record])),
        }
    }
    scopes.into_iter().map(scope).collect()
}

fn scope((name, log_records): (String, Vec<LogRecord>)) -> ScopeLogs {
    let scope = InstrumentationScope {
        name,
        ..InstrumentationScope::default()
    };
    ScopeLogs {
        scope: Some(scope),
        log_records,
        ..ScopeLogs::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_line_arrives_once_in_order_and_within_the_limit(
            lines in prop::collection::vec(("[ab]", 0_usize..300), 0..60),
            limit in 500_usize..2_000,
        ) {
            let resource = Resource::builder_empty().with_service_name("axisor-test").build();
            let encoder = LineEncoder::new(&resource, limit);
            let waiting = |(number, (target, length)): (usize, &(String, usize))| WaitingLine {
                target: target.clone(),
                record: LogRecord {
                    time_unix_nano: number as u64,
                    severity_text: "x".repeat(*length),
                    ..LogRecord::default()
                },
            };
            let mut arrived = Vec::new();
            for request in encoder.encode(lines.iter().enumerate().map(waiting).collect()) {
                prop_assert!(request.message.len() <= limit + 200);
                let decoded = ExportLogsServiceRequest::decode(request.message.clone()).unwrap();
                let before = arrived.len();
                for scope in &decoded.resource_logs[0].scope_logs {
                    let name = &scope.scope.as_ref().unwrap().name;
                    let records = scope.log_records.iter();
                    arrived.extend(records.map(|record| (name.clone(), record.time_unix_nano)));
                }
                prop_assert_eq!(arrived.len() - before, request.items());
            }
            for target in ["a", "b"] {
                let of = |name: &str, number| (name == target).then_some(number);
                let sent: Vec<u64> = (0..).zip(&lines).filter_map(|(number, (name, _))| of(name, number)).collect();
                let came: Vec<u64> = arrived.iter().filter_map(|(name, number)| of(name, *number)).collect();
                prop_assert_eq!(came, sent);
            }
        }
    }
}
