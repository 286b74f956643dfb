//! An HTTP API that is slow, refuses, redirects, or is not who it says; and a port that swallows everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use axisor_telemetry::config::Statuses;
use axisor_telemetry::health::{HttpCheck, TcpCheck};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;

use crate::watched::{Fault, Watched, builder};

/// An exchange that answers with the status and after the pause it is told.
#[derive(Clone)]
struct Exchange {
    status: Arc<AtomicU16>,
    pause: Arc<AtomicU64>,
}

impl Exchange {
    async fn start() -> (Self, String) {
        let exchange = Self {
            status: Arc::new(AtomicU16::new(200)),
            pause: Arc::default(),
        };
        let answering = exchange.clone();
        let app = Router::new()
            .route("/v2/user", get(move || answering.clone().answer()))
            .route("/moved", get(async || to("/v2/user")))
            .route("/again", get(async || to("/again")));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        (exchange, url)
    }

    fn set_status(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    fn set_pause(&self, pause: Duration) {
        let pause = pause.as_millis().try_into().expect("a short pause");
        self.pause.store(pause, Ordering::Relaxed);
    }

    async fn answer(self) -> StatusCode {
        tokio::time::sleep(Duration::from_millis(self.pause.load(Ordering::Relaxed))).await;
        StatusCode::from_u16(self.status.load(Ordering::Relaxed)).expect("a status")
    }
}

fn to(location: &'static str) -> impl IntoResponse {
    (StatusCode::FOUND, [(header::LOCATION, location)])
}

async fn watching(url: &str, accept: &str) -> Watched {
    let builder = builder()
        .set("health.lnmarkets_url", url)
        .set("health.lnmarkets_accept", accept);
    Watched::start(builder.lnmarkets_check(|check| check)).await
}

const CHECK: &str = "external_services";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_exchange_is_given_up_at_the_limit() {
    let (exchange, url) = Exchange::start().await;
    let service = watching(&format!("{url}/v2/user"), "2xx").await;
    let fault = Fault {
        name: "LN Markets answers after 3 s",
        check: CHECK,
        error: Some("no answer within 500ms"),
    };
    fault
        .play(
            &service,
            &[],
            async || exchange.set_pause(Duration::from_secs(3)),
            async || exchange.set_pause(Duration::ZERO),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_refuses_is_unhealthy_without_an_error() {
    let (exchange, url) = Exchange::start().await;
    let service = watching(&format!("{url}/v2/user"), "2xx").await;
    for (name, status) in [
        ("LN Markets answers 401", 401),
        ("LN Markets answers 503", 503),
    ] {
        let fault = Fault {
            name,
            check: CHECK,
            error: None,
        };
        fault
            .play(
                &service,
                &[],
                async || exchange.set_status(status),
                async || exchange.set_status(200),
            )
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_and_redirects_are_judged_as_the_original_did_or_as_the_settings_say() {
    let (exchange, url) = Exchange::start().await;
    for (path, status, accept, well) in [
        ("/v2/user", 200, "2xx", true),
        ("/v2/user", 204, "2xx", true),
        ("/v2/user", 304, "2xx", false),
        ("/v2/user", 401, "2xx", false),
        ("/v2/user", 401, "2xx,401", true),
        ("/moved", 200, "2xx", true),
        ("/moved", 503, "2xx", false),
    ] {
        exchange.set_status(status);
        let service = watching(&format!("{url}{path}"), accept).await;
        let answer = service.health().await;
        let expected = json!({"healthy": well, "lnmarkets_api": well});
        assert_eq!(
            answer.body["checks"][CHECK], expected,
            "{path} {status} {accept}"
        );
    }
    let service = watching(&format!("{url}/again"), "2xx").await;
    let answer = service.health().await;
    let expected = json!({"healthy": false, "error": "too many redirects"});
    assert_eq!(answer.body["checks"][CHECK], expected);
}

/// Serves TLS with a certificate that nobody has signed.
async fn serve_untrusted() -> String {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
    let rcgen::CertifiedKey { cert, signing_key } = certified.expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a certificate with its key");
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    });
    format!("https://localhost:{port}/v2/user")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_connection_and_no_trust_are_told_apart_without_addresses() {
    let nobody = axisor_tests::ports::free_port().expect("a port");
    for (name, url, error) in [
        (
            "LN Markets with a certificate nobody signed",
            serve_untrusted().await,
            "TLS: the certificate is not trusted",
        ),
        (
            "LN Markets refuses connections",
            format!("http://127.0.0.1:{nobody}/v2/user"),
            "connection refused",
        ),
        (
            "LN Markets' name is unknown",
            "http://lnmarkets.invalid/v2/user".to_owned(),
            "no connection",
        ),
    ] {
        let service = watching(&url, "2xx").await;
        let answer = service.health().await;
        assert_eq!(answer.status, 503);
        let expected = json!({"healthy": false, "error": error});
        assert_eq!(answer.body["checks"][CHECK], expected, "{name}");
        assert!(!answer.text.contains("://") && !answer.text.contains("localhost"));
        println!(
            "| {name} | {} `{error}` | {} | - | - |",
            answer.status,
            answer.took.as_millis()
        );
    }
}

#[tokio::test]
async fn a_check_of_ones_own_takes_the_statuses_it_is_told() {
    let (exchange, url) = Exchange::start().await;
    exchange.set_status(418);
    let check = HttpCheck::new("price_feed", &format!("{url}/v2/user")).expect("a check");
    let check = check.accepting(Statuses::new([418..=418]));
    let service = Watched::start(builder().health_check("prices", check)).await;
    let answer = service.health().await;
    let expected = json!({"healthy": true, "price_feed": true});
    assert_eq!(answer.body["checks"]["prices"], expected);
    assert!(HttpCheck::new("ftp", "ftp://example/x").is_err());
}

/// A port whose queue of connections is full: what is sent there gets no answer at all.
struct BlackHole {
    listener: std::sync::Mutex<Option<TcpListener>>,
    _waiting: std::sync::Mutex<Vec<TcpStream>>,
    port: u16,
}

impl BlackHole {
    fn open() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind("127.0.0.1:0".parse().expect("an address"))
            .expect("a port");
        let listener = socket.listen(1).expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        Self {
            listener: Some(listener).into(),
            _waiting: Vec::new().into(),
            port,
        }
    }

    /// Lets everybody in, again and again.
    fn accept(&self) -> tokio::task::JoinHandle<()> {
        let listener = self.listener.lock().unwrap().take().expect("not accepting");
        tokio::spawn(async move { while listener.accept().await.is_ok() {} })
    }

    async fn fill(port: u16) -> Vec<TcpStream> {
        let mut waiting = Vec::new();
        let patience = Duration::from_millis(100);
        while let Ok(stream) =
            tokio::time::timeout(patience, TcpStream::connect(("127.0.0.1", port))).await
        {
            waiting.push(stream.expect("a connection"));
        }
        waiting
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_swallows_everything_is_given_up_at_the_limit() {
    let hole = BlackHole::open();
    let _waiting = BlackHole::fill(hole.port).await;
    let check = TcpCheck::new(format!("127.0.0.1:{}", hole.port));
    let service = Watched::start(builder().health_check("lnd", check)).await;
    service.until_check("lnd", 0.0).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    let answer = service.health().await;
    assert_eq!(answer.status, 503);
    let expected = json!({"healthy": false, "error": "no answer within 500ms"});
    assert_eq!(answer.body["checks"]["lnd"], expected);
    let accepting = hole.accept();
    let recovered = service.until_check("lnd", 1.0).await;
    println!(
        "| black-holed port (TCP check of LND) | {} `no answer within 500ms` | {} | - | {} |",
        answer.status,
        answer.took.as_millis(),
        recovered.as_millis(),
    );
    accepting.abort();
}
