//! What is behind an OTLP endpoint: whether anybody listens, in TLS or not, and which protocol is spoken.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Cause;
use crate::config::{Otlp, Protocol};
use crate::pipeline::{Signal, roots};

/// How long one step may take: the connection, the handshake, the first answer.
const LIMIT: Duration = Duration::from_secs(2);

/// The beginning of an HTTP/2 connection and empty settings: <https://www.rfc-editor.org/rfc/rfc9113#section-3.4>.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// What the other side says first.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// HTTP/1, with this status.
    Http(u16),
    /// HTTP/2, which gRPC is spoken in.
    Http2,
    /// A TLS alert, or that TLS is expected.
    WantsTls,
    /// It hung up, or said something else.
    HungUp,
    /// Nothing.
    Silent,
}

/// Asks the endpoint of `signal` who is there; fine means that it speaks what it should.
///
/// # Errors
/// What is wrong.
pub(super) async fn probe(otlp: &Otlp, signal: Signal) -> Result<(), Cause> {
    let door = Door::of(otlp)?;
    if otlp.is_tls() {
        let said = door.through_tls(otlp).await?;
        return door.judge(otlp, signal, &said);
    }
    let said = door.in_the_clear(otlp).await?;
    if matches!(said, Said::HungUp | Said::Silent) && door.speaks_tls(otlp).await {
        return Err(door.plain_to_tls());
    }
    door.judge(otlp, signal, &said)
}

/// Where the endpoint is.
struct Door {
    endpoint: String,
    host: String,
    port: u16,
    path: String,
}

impl Door {
    fn of(otlp: &Otlp) -> Result<Self, Cause> {
        let host = |uri: &Uri| {
            uri.host()
                .map(|host| host.trim_matches(['[', ']']).to_owned())
        };
        let uri: Option<Uri> = otlp.endpoint.parse().ok();
        let parts = uri.and_then(|uri| Some((host(&uri)?, uri)));
        let Some((host, uri)) = parts else {
            let host = otlp.endpoint.clone();
            return Err(Cause::UnknownHost { host });
        };
        let usual = if otlp.is_tls() { 443 } else { 80 };
        Ok(Self {
            endpoint: otlp.endpoint.clone(),
            host,
            port: uri.port_u16().unwrap_or(usual),
            path: uri.path().to_owned(),
        })
    }

    fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    async fn connect(&self) -> Result<TcpStream, Cause> {
        let host = || Cause::UnknownHost {
            host: self.host.clone(),
        };
        let found = lookup_host((self.host.as_str(), self.port)).await;
        let addresses: Vec<_> = found.map_err(|_| host())?.collect();
        match timeout(LIMIT, TcpStream::connect(addresses.as_slice())).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                let address = self.address();
                Err(Cause::NothingListens { address })
            }
            Ok(Err(_)) | Err(_) => Err(self.black_hole()),
        }
    }

    async fn in_the_clear(&self, otlp: &Otlp) -> Result<Said, Cause> {
        let stream = self.connect().await?;
        Ok(converse(stream, &self.greeting(otlp.protocol)).await)
    }

    async fn through_tls(&self, otlp: &Otlp) -> Result<Said, Cause> {
        let error = match self.handshake(otlp).await? {
            Ok(stream) => return Ok(converse(stream, &self.greeting(otlp.protocol)).await),
            Err(error) => error,
        };
        if let Some(reason) = untrusted(&error) {
            let endpoint = self.endpoint.clone();
            return Err(Cause::Untrusted { endpoint, reason });
        }
        match self.in_the_clear(otlp).await? {
            Said::Http(_) | Said::Http2 => {
                let endpoint = self.endpoint.clone();
                Err(Cause::TlsToPlain { endpoint })
            }
            said => Ok(said),
        }
    }

    /// Whether the other side knows TLS, whoever it is.
    async fn speaks_tls(&self, otlp: &Otlp) -> bool {
        match self.handshake(otlp).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => untrusted(&error).is_some(),
            Err(_) => false,
        }
    }

    async fn handshake(&self, otlp: &Otlp) -> Result<io::Result<TlsStream<TcpStream>>, Cause> {
        let stream = self.connect().await?;
        let Ok(name) = ServerName::try_from(self.host.clone()) else {
            let host = self.host.clone();
            return Err(Cause::UnknownHost { host });
        };
        let shaken = timeout(LIMIT, tls(otlp).connect(name, stream)).await;
        Ok(shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())))
    }

    /// What makes the other side show what it speaks: the beginning of HTTP/2, or an empty OTLP request.
    fn greeting(&self, protocol: Protocol) -> Vec<u8> {
        let Self { path, .. } = self;
        match protocol {
            Protocol::Grpc => PREFACE.to_vec(),
            Protocol::HttpProtobuf => format!(
                "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-protobuf\r\n\
                 Content-Length: 0\r\nConnection: close\r\n\r\n",
                self.address()
            )
            .into_bytes(),
        }
    }

    fn judge(&self, otlp: &Otlp, signal: Signal, said: &Said) -> Result<(), Cause> {
        let other = || Cause::OtherProtocol {
            endpoint: self.endpoint.clone(),
            configured: otlp.protocol,
        };
        match (said, otlp.protocol) {
            (Said::WantsTls, _) => Err(self.plain_to_tls()),
            (Said::Silent, _) => Err(self.black_hole()),
            (Said::Http(_), Protocol::Grpc) | (Said::Http2, Protocol::HttpProtobuf) => Err(other()),
            (Said::Http(404), Protocol::HttpProtobuf) => Err(self.not_found(signal)),
            (Said::HungUp | Said::Http(_) | Said::Http2, _) => Ok(()),
        }
    }

    fn not_found(&self, signal: Signal) -> Cause {
        if self.path == format!("/v1/{}", signal.as_str()) {
            return Cause::NoPipeline { signal };
        }
        let url = self.endpoint.clone();
        Cause::WrongPath { url }
    }

    fn plain_to_tls(&self) -> Cause {
        let endpoint = self.endpoint.clone();
        Cause::PlainToTls { endpoint }
    }

    fn black_hole(&self) -> Cause {
        let address = self.address();
        Cause::BlackHole { address }
    }
}

/// With a provider of its own, as the process may have none or another.
fn tls(otlp: &Otlp) -> TlsConnector {
    let roots = roots(otlp).unwrap_or_else(|_| RootCertStore::empty());
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3");
    let mut config = versions.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = match otlp.protocol {
        Protocol::Grpc => vec![b"h2".to_vec()],
        Protocol::HttpProtobuf => vec![b"http/1.1".to_vec()],
    };
    Arc::new(config).into()
}

/// What is wrong with the certificate, if that is it.
fn untrusted(error: &io::Error) -> Option<String> {
    let tls = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    match tls {
        rustls::Error::InvalidCertificate(reason) => Some(reason.to_string()),
        _ => None,
    }
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, greeting: &[u8]) -> Said {
    if stream.write_all(greeting).await.is_err() {
        return Said::HungUp;
    }
    let mut heard = Vec::new();
    let listening = listen(&mut stream, &mut heard);
    match timeout(LIMIT, listening).await {
        Err(_) if heard.is_empty() => Said::Silent,
        Ok(()) | Err(_) => understood(&heard),
    }
}

/// Reads until the other side has made itself clear or hung up.
async fn listen(stream: &mut (impl AsyncRead + Unpin), heard: &mut Vec<u8>) {
    const ENOUGH: usize = 1024;
    while heard.len() < ENOUGH && !is_settings(heard) {
        match stream.read_buf(heard).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn understood(heard: &[u8]) -> Said {
    let text = String::from_utf8_lossy(heard);
    if is_settings(heard) {
        return Said::Http2;
    }
    if heard.starts_with(&[0x15, 0x03]) || text.contains("HTTP request to an HTTPS server") {
        return Said::WantsTls;
    }
    let status = text.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
    let status = status.and_then(|status| status.parse().ok());
    status.map_or(Said::HungUp, Said::Http)
}

/// Whether this begins with a SETTINGS frame, as every HTTP/2 server's answer does.
fn is_settings(heard: &[u8]) -> bool {
    heard.len() >= 9 && heard[..2] == [0, 0] && heard[3] == 0x04 && heard[5..9] == [0; 4]
}
