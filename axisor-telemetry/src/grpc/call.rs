//! One call from its request to its status.

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanBuilder, SpanKind};
use opentelemetry_semantic_conventions::attribute;
use tonic::Code;

use super::status;
use crate::remote::Remote;
use crate::shown::short;

const SYSTEM: &str = "grpc";
/// What the conventions call a method the server does not have.
const OTHER_METHOD: &str = "_OTHER";

/// A call under way. Dropped before its end, it was given up.
pub(super) struct Call {
    remote: Remote,
    side: Side,
}

/// Who we are in a call.
pub(super) enum Side {
    Client,
    /// With the method that was asked for: whether there is one is known from the answer.
    Server(String),
}

/// The fully qualified method: the path without its slash.
pub(super) fn method(path: &str) -> &str {
    short(path.strip_prefix('/').unwrap_or(path))
}

/// The span of a call of `method`.
pub(super) fn builder(method: &str, kind: SpanKind) -> SpanBuilder {
    SpanBuilder::from_name(method.to_owned())
        .with_kind(kind)
        .with_attributes([KeyValue::new(attribute::RPC_SYSTEM_NAME, SYSTEM)])
}

impl Call {
    pub(super) fn new(remote: Remote, side: Side) -> Self {
        Self { remote, side }
    }

    /// Runs a part of the call below its span.
    pub(super) fn run<R>(&mut self, part: impl FnOnce() -> R) -> R {
        self.remote.run(part)
    }

    /// Ends with a status.
    pub(super) fn end(self, code: Code) {
        let failed = match &self.side {
            Side::Client => code != Code::Ok,
            Side::Server(method) => {
                self.tell_method(method, code);
                status::is_servers(code)
            }
        };
        let name = status::name(code);
        self.remote.set(attribute::RPC_RESPONSE_STATUS_CODE, name);
        self.remote.end(failed.then_some(name));
    }

    /// Ends with an error in place of a status.
    pub(super) fn fail(self, error_type: &'static str) {
        self.remote.end(Some(error_type));
    }

    /// A method that is not there has any name a client thinks of.
    fn tell_method(&self, method: &str, code: Code) {
        let method = method.to_owned();
        if code == Code::Unimplemented {
            self.remote.span().update_name(SYSTEM);
            self.remote.set(attribute::RPC_METHOD, OTHER_METHOD);
            self.remote.set(attribute::RPC_METHOD_ORIGINAL, method);
        } else {
            self.remote.set(attribute::RPC_METHOD, method);
        }
    }
}
