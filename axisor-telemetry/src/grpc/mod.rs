//! gRPC calls that enter and leave: tower layers for tonic's servers and clients, after the semantic conventions for
//! [RPC] and [gRPC].
//!
//! ```no_run
//! use axisor_telemetry::Telemetry;
//! use axisor_telemetry::grpc::GrpcService;
//! use tonic::transport::{Channel, Endpoint};
//! use tower_layer::Layer as _;
//!
//! fn client(telemetry: &Telemetry) -> GrpcService<Channel> {
//!     let lnd = Endpoint::from_static("http://lnd:10009");
//!     let layer = telemetry.grpc_client_layer().server(lnd.uri());
//!     layer.layer(lnd.connect_lazy()) // for a generated client: `LightningClient::new(…)`
//! }
//! ```
//! A server takes the layer of [`Telemetry::grpc_layer`](crate::Telemetry::grpc_layer):
//! `Server::builder().layer(telemetry.grpc_layer()).add_service(…)`.
//!
//! Each call is one span, named by its method, `lnrpc.Lightning/GetInfo`, from its request to its status: of a stream, up
//! to its end. `rpc.response.status_code` has the status by its name, `OK` or `NOT_FOUND`.
//!
//! | status | server | client |
//! |---|---|---|
//! | `OK` | unset | unset |
//! | `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS` | error | error |
//! | any other | unset: the caller's mistake | error |
//!
//! A call that breaks without a status is an error of the error's type, and one that is given up, by a dropped future or
//! stream, has `axisor.outcome="cancelled"`. The context travels in the metadata, as in HTTP headers.
//!
//! [RPC]: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/
//! [gRPC]: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/

mod body;
mod call;
mod client;
mod server;
mod service;
mod status;

pub use body::GrpcBody;
pub use client::GrpcClientLayer;
pub use server::GrpcLayer;
pub use service::{GrpcFuture, GrpcService};
