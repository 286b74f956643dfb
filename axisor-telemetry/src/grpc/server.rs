//! The layer of a server.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use opentelemetry::trace::SpanKind;
use tower_layer::Layer;

use super::call::{self, Call, Side};
use super::service::{GrpcService, Way};
use crate::remote::Remote;
use crate::scope::Scope;
use crate::trace::Callers;

/// Traces every call of the tonic server it is given to, below the span of its caller. Made by
/// [`Telemetry::grpc_layer`](crate::Telemetry::grpc_layer).
///
/// What is no gRPC, by its content type, passes as it is. A call of a method that is not there is called `grpc`, and its
/// method `_OTHER`, whatever the client asked for.
#[derive(Clone)]
#[must_use = "a layer sees calls once a server has it: `Server::builder().layer(telemetry.grpc_layer())`"]
pub struct GrpcLayer {
    scope: Arc<Scope>,
    callers: Callers,
}

impl GrpcLayer {
    /// A layer that records into `scope`.
    pub(crate) fn new(scope: Arc<Scope>, callers: Callers) -> Self {
        Self { scope, callers }
    }

    /// Whether the sampled flag of a call's `traceparent` counts, in place of `traces.trust_incoming_sampling`: an untrusted
    /// caller says whose child a call is, and the sampler decides as where a trace begins.
    pub fn trust_incoming_sampling(mut self, trust: bool) -> Self {
        self.callers = Callers::of(trust);
        self
    }

    /// Begins the call whose request has this path.
    pub(super) fn begin(&self, path: &str, headers: &HeaderMap) -> Call {
        let method = call::method(path);
        let builder = call::builder(method, SpanKind::Server);
        let scope = &self.scope;
        let parent = scope
            .spans
            .incoming(headers, &*scope.propagator, self.callers);
        let remote = Remote::start(scope, builder, &parent);
        Call::new(remote, Side::Server(method.to_owned()))
    }
}

impl<S> Layer<S> for GrpcLayer {
    type Service = GrpcService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GrpcService::new(inner, Way::In(self.clone()))
    }
}

impl fmt::Debug for GrpcLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcLayer")
            .field("callers", &self.callers)
            .finish_non_exhaustive()
    }
}
