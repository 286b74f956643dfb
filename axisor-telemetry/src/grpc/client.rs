//! The layer of a client.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Uri};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_semantic_conventions::attribute;
use tower_layer::Layer;

use super::call::{self, Call, Side};
use super::service::{GrpcService, Way};
use crate::remote::Remote;
use crate::scope::Scope;

/// Traces every call of the tonic client it is given to, and sends the context along. Made by
/// [`Telemetry::grpc_client_layer`](crate::Telemetry::grpc_client_layer).
#[derive(Clone)]
#[must_use = "a layer sees calls once a client has it"]
pub struct GrpcClientLayer {
    scope: Arc<Scope>,
    server: Vec<KeyValue>,
}

impl GrpcClientLayer {
    /// A layer that records into `scope`.
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        let server = Vec::new();
        Self { scope, server }
    }

    /// Says who is called, `server.address` and `server.port`: calls do not know it themselves in tonic. An `Endpoint` has
    /// its URI.
    pub fn server(mut self, uri: &Uri) -> Self {
        let default = || match uri.scheme_str()? {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        let address = uri.host().map(str::to_owned);
        let address = address.map(|host| KeyValue::new(attribute::SERVER_ADDRESS, host));
        let port = uri.port_u16().or_else(default);
        let port = port.map(|port| KeyValue::new(attribute::SERVER_PORT, i64::from(port)));
        self.server = address.into_iter().chain(port).collect();
        self
    }

    /// Begins the call whose request has this path.
    pub(super) fn begin(&self, path: &str, headers: &mut HeaderMap) -> Call {
        let method = call::method(path);
        let mut builder = call::builder(method, SpanKind::Client);
        let attributes = builder.attributes.get_or_insert_default();
        attributes.push(KeyValue::new(attribute::RPC_METHOD, method.to_owned()));
        attributes.extend(self.server.iter().cloned());
        let remote = Remote::send(&self.scope, builder, headers);
        Call::new(remote, Side::Client)
    }
}

impl<S> Layer<S> for GrpcClientLayer {
    type Service = GrpcService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GrpcService::new(inner, Way::Out(self.clone()))
    }
}

impl fmt::Debug for GrpcClientLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcClientLayer")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
