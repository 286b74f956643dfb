//! Whether an LND node, or any gRPC service, says that it is well.

use http::uri::PathAndQuery;
use prost::Message;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use super::{CheckReport, Checking, HealthCheck};

/// Asks an LND node for its state, `lnrpc.State/GetState`, which needs no macaroon: well once its RPC services are active,
/// which they are when the wallet is open.
///
/// The channel is the service's own, with the node's certificate.
/// ```
/// use axisor_telemetry::Telemetry;
/// use axisor_telemetry::health::{HealthCheck as _, LndCheck};
/// use tonic::transport::Channel;
///
/// fn watched(node: Channel) -> axisor_telemetry::TelemetryBuilder {
///     Telemetry::builder("axisor-backend").health_check("lnd", LndCheck::new(node).degraded())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct LndCheck {
    channel: Channel,
}

/// Asks gRPC's own health service, `grpc.health.v1.Health/Check`: well if it says `SERVING`.
///
/// <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>
#[derive(Debug, Clone)]
pub struct GrpcCheck {
    channel: Channel,
    service: String,
}

impl LndCheck {
    /// A check over clones of `channel`.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self { channel }
    }
}

impl GrpcCheck {
    /// A check of the whole server, over clones of `channel`.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self::of_service(channel, "")
    }

    /// A check of one of its services, such as `axisor.v1.Orders`.
    pub fn of_service(channel: Channel, service: impl Into<String>) -> Self {
        Self {
            channel,
            service: service.into(),
        }
    }
}

impl HealthCheck for LndCheck {
    fn check(&self) -> Checking<'_> {
        Box::pin(async {
            let asked = call(&self.channel, "/lnrpc.State/GetState", Nothing {});
            let answer: Result<State, Status> = asked.await;
            match answer.map(|answer| answer.state) {
                Ok(state @ (lnd::RPC_ACTIVE | lnd::SERVER_ACTIVE)) => {
                    let report = CheckReport::healthy().with_response_time();
                    report.with("state", lnd::in_words(state))
                }
                Ok(state) => CheckReport::failed(lnd::in_words(state)),
                Err(status) => CheckReport::failed(in_words(&status)),
            }
        })
    }
}

impl HealthCheck for GrpcCheck {
    fn check(&self) -> Checking<'_> {
        Box::pin(async {
            let service = self.service.clone();
            let asked = call(
                &self.channel,
                "/grpc.health.v1.Health/Check",
                Asked { service },
            );
            let answer: Result<Serving, Status> = asked.await;
            match answer.map(|answer| answer.status) {
                Ok(SERVING) => CheckReport::healthy().with_response_time(),
                Ok(_) => CheckReport::failed("not serving"),
                Err(status) => CheckReport::failed(in_words(&status)),
            }
        })
    }
}

async fn call<Q, A>(channel: &Channel, method: &'static str, question: Q) -> Result<A, Status>
where
    Q: Message + Send + Sync + 'static,
    A: Message + Default + Send + Sync + 'static,
{
    let mut client = Grpc::new(channel.clone());
    let ready = client.ready().await;
    ready.map_err(|_| Status::unavailable(""))?;
    let path = PathAndQuery::from_static(method);
    let codec = ProstCodec::<Q, A>::default();
    let answer = client.unary(Request::new(question), path, codec).await?;
    Ok(answer.into_inner())
}

/// Without the server's own words, which may name addresses.
fn in_words(status: &Status) -> &'static str {
    match status.code() {
        Code::Unavailable => "no connection",
        Code::Unimplemented => "no such service",
        Code::NotFound => "unknown service",
        Code::Unauthenticated | Code::PermissionDenied => "authentication refused",
        Code::DeadlineExceeded => "deadline exceeded",
        _ => "refused",
    }
}

/// States of `lnrpc.WalletState`.
mod lnd {
    pub(super) const RPC_ACTIVE: i32 = 3;
    pub(super) const SERVER_ACTIVE: i32 = 4;

    pub(super) fn in_words(state: i32) -> &'static str {
        match state {
            0 => "no wallet",
            1 => "wallet locked",
            2 => "wallet unlocked, starting",
            RPC_ACTIVE => "RPC active",
            SERVER_ACTIVE => "server active",
            255 => "waiting to start",
            _ => "unknown state",
        }
    }
}

/// `grpc.health.v1.HealthCheckResponse.SERVING`.
const SERVING: i32 = 1;

#[derive(Clone, PartialEq, Message)]
struct Nothing {}

/// `lnrpc.GetStateResponse`
#[derive(Clone, PartialEq, Message)]
struct State {
    #[prost(int32, tag = "1")]
    state: i32,
}

/// `grpc.health.v1.HealthCheckRequest`
#[derive(Clone, PartialEq, Message)]
struct Asked {
    #[prost(string, tag = "1")]
    service: String,
}

/// `grpc.health.v1.HealthCheckResponse`
#[derive(Clone, PartialEq, Message)]
struct Serving {
    #[prost(int32, tag = "1")]
    status: i32,
}
