//! The telemetry's side that faces gRPC.

use std::sync::Arc;

use super::Telemetry;
use crate::grpc::{GrpcClientLayer, GrpcLayer};
use crate::trace::Callers;

impl Telemetry {
    /// The layer that traces the calls a tonic server answers: see [`grpc`](crate::grpc).
    pub fn grpc_layer(&self) -> GrpcLayer {
        let callers = Callers::of(self.0.config.traces.trust_incoming_sampling);
        GrpcLayer::new(Arc::clone(&self.0.scope), callers)
    }

    /// The layer that traces the calls of a tonic client and sends the context along: see [`grpc`](crate::grpc).
    pub fn grpc_client_layer(&self) -> GrpcClientLayer {
        GrpcClientLayer::new(Arc::clone(&self.0.scope))
    }
}
