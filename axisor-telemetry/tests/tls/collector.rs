//! The two doors of a Collector, behind TLS: gRPC and HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::{future, io};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::Server;
use tonic::transport::server::{ServerTlsConfig, TcpIncoming};
use tonic::{Request, Response, Status};

use crate::authority::Identity;

/// The names of the spans that arrived.
#[derive(Clone, Default)]
struct Arrived(Arc<Mutex<Vec<String>>>);

impl Arrived {
    fn add(&self, request: &ExportTraceServiceRequest) {
        let scopes = request.resource_spans.iter().flat_map(|r| &r.scope_spans);
        let names = scopes.flat_map(|s| &s.spans).map(|span| span.name.clone());
        self.0.lock().unwrap().extend(names);
    }
}

/// A running server.
pub(crate) struct Collector {
    address: SocketAddr,
    arrived: Arrived,
    _runtime: Runtime,
}

impl Collector {
    /// One that speaks this protocol, or nothing at all if it has no identity.
    pub(crate) fn start(protocol: &str, identity: Option<Identity>) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let arrived = Arrived::default();
        match (protocol, identity) {
            ("grpc", Some(identity)) => runtime.spawn(grpc(listener, identity, arrived.clone())),
            (_, Some(identity)) => runtime.spawn(http(listener, identity, arrived.clone())),
            (_, None) => runtime.spawn(silence(listener)),
        };
        Self {
            address,
            arrived,
            _runtime: runtime,
        }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(crate) fn arrived(&self) -> Vec<String> {
        self.arrived.0.lock().unwrap().clone()
    }
}

async fn grpc(listener: TcpListener, identity: Identity, arrived: Arrived) {
    let identity = tonic::transport::Identity::from_pem(identity.certificate, identity.key);
    let tls = ServerTlsConfig::new().identity(identity);
    let mut server = Server::builder().tls_config(tls).unwrap();
    let server = server.add_service(TraceServiceServer::new(arrived));
    let incoming = TcpIncoming::from(listener);
    server.serve_with_incoming(incoming).await.unwrap();
}

#[tonic::async_trait]
impl TraceService for Arrived {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.add(request.get_ref());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn http(listener: TcpListener, identity: Identity, arrived: Arrived) {
    let router = Router::new().route("/v1/traces", post(export));
    let listener = TlsListener {
        tcp: listener,
        tls: acceptor(&identity),
    };
    let served = axum::serve(listener, router.with_state(arrived));
    served.await.unwrap();
}

async fn export(State(arrived): State<Arrived>, body: Bytes) -> Vec<u8> {
    arrived.add(&ExportTraceServiceRequest::decode(body).unwrap());
    ExportTraceServiceResponse::default().encode_to_vec()
}

fn acceptor(identity: &Identity) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

struct TlsListener {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (tcp, address) = self.tcp.accept().await.unwrap();
            if let Ok(tls) = self.tls.accept(tcp).await {
                return (tls, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// Takes every connection and answers none.
async fn silence(listener: TcpListener) {
    let mut taken = Vec::new();
    while let Ok(connection) = listener.accept().await {
        taken.push(connection);
    }
    future::pending::<()>().await;
}
