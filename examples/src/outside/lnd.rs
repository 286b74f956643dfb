//! A Lightning node that pays, and its client.
//!
//! Of [lnd's interface](https://lightning.engineering/api-docs/api/lnd/lightning/send-payment-sync/) only what is used
//! here, written out as a code generator would.

use std::convert::Infallible;
use std::time::Duration;

use axisor_telemetry::Telemetry;
use axisor_telemetry::grpc::GrpcService;
use axum::Router;
use http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Layer as _, service_fn};

use crate::fate::Fate;

const SEND_PAYMENT: &str = "/lnrpc.Lightning/SendPaymentSync";

/// How long the node may take for a payment.
const TIMEOUT: Duration = Duration::from_secs(5);

/// `lnrpc.SendRequest`.
#[derive(Clone, PartialEq, prost::Message)]
struct SendRequest {
    #[prost(int64, tag = "3")]
    amt: i64,
    #[prost(string, tag = "6")]
    payment_request: String,
}

/// `lnrpc.SendResponse`.
#[derive(Clone, PartialEq, prost::Message)]
struct SendResponse {
    #[prost(string, tag = "1")]
    payment_error: String,
}

/// The node whose wallets pay.
#[derive(Debug, Clone)]
pub struct Node(tonic::client::Grpc<GrpcService<Channel>>);

impl Node {
    /// The node at `place`, called with spans of `telemetry`. It is connected to when it is first needed.
    #[must_use]
    pub fn new(place: &Endpoint, telemetry: &Telemetry) -> Self {
        let place = place.clone().connect_timeout(TIMEOUT).timeout(TIMEOUT);
        let layer = telemetry.grpc_client_layer().server(place.uri());
        Self(tonic::client::Grpc::new(layer.layer(place.connect_lazy())))
    }

    /// Pays an invoice of `sats`; whether the wallet held enough.
    ///
    /// # Errors
    /// The node's status if it did not do its work.
    pub async fn pay(&self, invoice: String, sats: i64) -> Result<bool, Status> {
        let mut grpc = self.0.clone();
        let unavailable = |error| Status::from_error(Box::new(error));
        grpc.ready().await.map_err(unavailable)?;
        let request = Request::new(SendRequest {
            amt: sats,
            payment_request: invoice,
        });
        let path = PathAndQuery::from_static(SEND_PAYMENT);
        let codec = ProstCodec::<SendRequest, SendResponse>::default();
        let paid = grpc.unary(request, path, codec).await?.into_inner();
        Ok(paid.payment_error.is_empty())
    }
}

/// The node's side.
pub(super) fn router(fate: Fate) -> Router {
    let call = service_fn(move |request| async move {
        let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
        let pay = service_fn(move |request| pay(fate, request));
        Ok::<_, Infallible>(grpc.unary(pay, request).await)
    });
    Router::new().route_service(SEND_PAYMENT, call)
}

async fn pay(fate: Fate, asked: Request<SendRequest>) -> Result<Response<SendResponse>, Status> {
    let invoice = asked.into_inner().payment_request;
    let run = invoice.rsplit('-').next().and_then(|run| run.parse().ok());
    let run = run.ok_or_else(|| Status::invalid_argument("no invoice of this system"))?;
    fate.pause(3..15, "wallet", run).await;
    let payment_error = if fate.one_in(9, "empty wallet", run) {
        "insufficient_balance"
    } else {
        ""
    };
    let payment_error = payment_error.to_owned();
    Ok(Response::new(SendResponse { payment_error }))
}
