//! An application behind the layer, on a real socket, and a client that speaks bytes.

use std::net::SocketAddr;

use axisor_telemetry::testing::{TestSpan, TestTelemetry};
use axisor_telemetry::{Clock, TelemetryBuilder};
use axum::Router;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::seen;

/// An application that is served until this is dropped. Time stands still but for its clock.
pub(crate) struct App {
    pub(crate) telemetry: TestTelemetry,
    pub(crate) addr: SocketAddr,
    serving: JoinHandle<()>,
}

impl App {
    pub(crate) async fn serve(routes: Router) -> Self {
        Self::configured(|builder| builder, |_| routes).await
    }

    pub(crate) async fn configured(
        configure: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder,
        routes: impl FnOnce(&Clock) -> Router,
    ) -> Self {
        let telemetry = TestTelemetry::configured(configure);
        let app = routes(telemetry.clock())
            .merge(telemetry.router())
            .layer(telemetry.http_layer());
        let (addr, serving) = listen(app).await;
        Self {
            telemetry,
            addr,
            serving,
        }
    }

    /// Sends a request without a body and reads the answer to its end.
    pub(crate) async fn ask(&self, method: &str, target: &str) -> Answer {
        self.ask_with(method, target, "").await
    }

    /// As [`ask`](Self::ask), with further header lines, each ended by `\r\n`.
    pub(crate) async fn ask_with(&self, method: &str, target: &str, headers: &str) -> Answer {
        ask(self.addr, method, target, headers).await
    }

    /// Sends a request and leaves the connection open.
    pub(crate) async fn begin(&self, method: &str, target: &str) -> TcpStream {
        begin(self.addr, method, target, "").await
    }

    /// Waits for the only span of this name to end: that of a request may do so after its answer has been read.
    pub(crate) async fn ended(&self, name: &str) -> TestSpan {
        self.telemetry.ended(name).await;
        self.telemetry.span(name)
    }

    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        seen::value(&self.telemetry, name, labels)
    }

    pub(crate) fn requests(&self, method: &str, route: &str, status: &str) -> Option<f64> {
        let labels = [
            ("method", method),
            ("route", route),
            ("status_code", status),
        ];
        self.value("axisor_http_requests_total", &labels)
    }

    pub(crate) fn aborted(&self, method: &str, route: &str) -> Option<f64> {
        let labels = [("method", method), ("route", route)];
        self.value("axisor_http_requests_aborted_total", &labels)
    }

    pub(crate) fn seconds(&self, method: &str, route: &str) -> Option<f64> {
        let labels = [("method", method), ("route", route)];
        self.value("axisor_http_request_duration_seconds_sum", &labels)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Serves `app` on a port of the system's choice.
pub(crate) async fn listen(app: Router) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let serving = tokio::spawn(async move {
        let _ = axum::serve(listener, app).await;
    });
    (addr, serving)
}

/// What came back, as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .expect("a head");
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).expect("a status");
        Self {
            status: status.parse().expect("a number"),
            body: bytes[end + 4..].to_vec(),
            head,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

pub(crate) async fn ask(addr: SocketAddr, method: &str, target: &str, headers: &str) -> Answer {
    send(addr, method, target, headers, b"").await
}

/// As [`ask`], with a body, whose length or coding is among the headers.
pub(crate) async fn send(
    addr: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
    body: &[u8],
) -> Answer {
    let headers = format!("connection: close\r\n{headers}");
    let mut stream = begin(addr, method, target, &headers).await;
    stream.write_all(body).await.expect("a body sent");
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(seen::DEADLINE, stream.read_to_end(&mut bytes)).await;
    let _ = read.expect("an answer that ends");
    Answer::read(&bytes)
}

pub(crate) async fn begin(
    addr: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.expect("a connection");
    let request = format!("{method} {target} HTTP/1.1\r\nhost: app\r\n{headers}\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("a request sent");
    stream
}

/// Reads until `text` has come.
pub(crate) async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = String::new();
    let mut buffer = [0; 1024];
    let reading = async {
        while !read.contains(text) {
            let count = stream.read(&mut buffer).await.expect("bytes");
            assert!(count > 0, "ended before `{text}`: {read}");
            read.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    };
    tokio::time::timeout(seen::DEADLINE, reading)
        .await
        .expect("in time");
    read
}
