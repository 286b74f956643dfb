//! A client that does what a scenario says and no more: no redirects, no retries, a connection per request.

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::time::Duration;

use flate2::read::GzDecoder;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::scenario::HttpRequest;

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) status: Option<u16>,
    pub(super) content_type: Option<String>,
    body: Vec<u8>,
    gzip: bool,
    /// The body ended before its end.
    pub(super) cut_short: bool,
    /// There was no answer.
    pub(super) client_error: Option<String>,
}

impl Reply {
    /// The body as text, uncompressed.
    ///
    /// # Errors
    /// Whoever compressed it or spelt it made a mistake.
    pub(super) fn text(&self) -> io::Result<String> {
        let mut text = String::new();
        if self.gzip {
            GzDecoder::new(self.body.as_slice()).read_to_string(&mut text)?;
        } else {
            self.body.as_slice().read_to_string(&mut text)?;
        }
        Ok(text)
    }
}

/// Sends one request and reads its answer, or leaves when the request says so.
pub(super) async fn send(address: SocketAddr, request: &HttpRequest) -> Reply {
    let mut reply = Reply::default();
    let exchange = exchange(address, request, &mut reply);
    let done = match request.abort_after_ms {
        Some(ms) => timeout(Duration::from_millis(ms), exchange).await,
        None => Ok(exchange.await),
    };
    match done {
        Ok(Ok(())) => {}
        Ok(Err(error)) => reply.client_error = Some(error.to_string()),
        Err(_) => reply.client_error = Some("the client left".to_owned()),
    }
    reply
}

#[derive(Debug, thiserror::Error)]
enum ClientError {
    #[error("no connection: {0}")]
    Connect(#[from] io::Error),
    #[error("no such request: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
}

async fn exchange(
    address: SocketAddr,
    request: &HttpRequest,
    reply: &mut Reply,
) -> Result<(), ClientError> {
    let request = to_hyper(address, request)?;
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Polled here and not in a task of its own: leaving drops it, and with it the connection.
    let answer = async {
        let response = sender.send_request(request).await?;
        drop(sender);
        read(response, reply).await;
        Ok(())
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        biased;
        answered = &mut answer => return answered,
        _ = &mut connection => {}
    }
    answer.await
}

fn to_hyper(
    address: SocketAddr,
    request: &HttpRequest,
) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let method = Method::from_bytes(request.method.as_bytes())?;
    let mut builder = Request::builder().method(method).uri(request.path.as_str());
    if !request
        .headers
        .keys()
        .any(|name| name.eq_ignore_ascii_case("host"))
    {
        builder = builder.header(header::HOST, address.to_string());
    }
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::from(body(request.body.as_ref())))
}

fn body(body: Option<&Value>) -> Bytes {
    match body {
        None => Bytes::new(),
        Some(Value::String(text)) => Bytes::from(text.clone()),
        Some(json) => Bytes::from(json.to_string()),
    }
}

async fn read(response: Response<Incoming>, reply: &mut Reply) {
    reply.status = Some(response.status().as_u16());
    let text = |name| {
        response
            .headers()
            .get(name)
            .map(|value: &header::HeaderValue| {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            })
    };
    reply.content_type = text(header::CONTENT_TYPE);
    reply.gzip = text(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => reply.body.extend_from_slice(&data),
            Ok(Err(_trailers)) => {}
            Err(_) => {
                reply.cut_short = true;
                return;
            }
        }
    }
}
