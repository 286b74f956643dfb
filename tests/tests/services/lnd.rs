//! An LND node's state, and gRPC's own health service, by a server that speaks their protocols.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use axisor_telemetry::health::{GrpcCheck, LndCheck};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use serde_json::json;
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint};

use crate::watched::{Fault, Watched, builder};

/// A node whose answers are a message with one number, field 1.
#[derive(Clone)]
struct Node(Arc<AtomicI32>);

impl Node {
    async fn start(state: i32) -> (Self, Channel) {
        let node = Self(Arc::new(AtomicI32::new(state)));
        let answering = node.clone();
        let answer = post(async move || answering.answer());
        let app = Router::new()
            .route("/lnrpc.State/GetState", answer.clone())
            .route("/grpc.health.v1.Health/Check", answer);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        let channel = Endpoint::from_shared(url).expect("a URL").connect_lazy();
        (node, channel)
    }

    fn set(&self, state: i32) {
        self.0.store(state, Ordering::Relaxed);
    }

    /// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>
    fn answer(&self) -> Response {
        let state = u32::try_from(self.0.load(Ordering::Relaxed)).expect("a state");
        let mut message = vec![0x08];
        if state < 0x80 {
            message.extend(state.to_le_bytes().first());
        } else {
            message.extend([0xff, 0x01]); // 255, the only one there is above
        }
        let length = u32::try_from(message.len()).expect("short");
        let mut framed = vec![0];
        framed.extend(length.to_be_bytes());
        framed.extend(message);
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        let parts = [
            Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from(framed))),
            Ok(Frame::trailers(trailers)),
        ];
        let body = Body::new(StreamBody::new(stream::iter(parts)));
        ([("content-type", "application/grpc")], body).into_response()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_well_once_its_services_are_active() {
    let (node, channel) = Node::start(4).await;
    let service = Watched::start(builder().health_check("lnd", LndCheck::new(channel))).await;
    for (name, state, error) in [
        ("LND without a wallet", 0, "no wallet"),
        ("LND with a locked wallet", 1, "wallet locked"),
        ("LND waiting to start", 255, "waiting to start"),
    ] {
        let fault = Fault {
            name,
            check: "lnd",
            error: Some(error),
        };
        fault
            .play(
                &service,
                &[],
                async || node.set(state),
                async || node.set(4),
            )
            .await;
    }
    let answer = service.health().await;
    assert_eq!(
        answer.body["checks"]["lnd"]["state"],
        json!("server active")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grpc_service_is_well_while_it_serves() {
    let (server, channel) = Node::start(1).await;
    let check = GrpcCheck::of_service(channel, "axisor.v1.Orders");
    let service = Watched::start(builder().health_check("orders", check)).await;
    let fault = Fault {
        name: "gRPC service does not serve",
        check: "orders",
        error: Some("not serving"),
    };
    fault
        .play(
            &service,
            &[],
            async || server.set(2),
            async || server.set(1),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_away_is_told_without_its_address() {
    let nobody = axisor_tests::ports::free_port().expect("a port");
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{nobody}"));
    let channel = endpoint.expect("a URL").connect_lazy();
    let service = Watched::start(builder().health_check("lnd", LndCheck::new(channel))).await;
    let answer = service.health().await;
    assert_eq!(answer.status, 503);
    let expected = json!({"healthy": false, "error": "no connection"});
    assert_eq!(answer.body["checks"]["lnd"], expected);
    println!(
        "| LND node away | 503 `no connection` | {} | - | - |",
        answer.took.as_millis()
    );
}
