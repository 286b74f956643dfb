//! A Collector with and without TLS, and whose word for it is taken.

use std::fs;
use std::path::{Path, PathBuf};

use axisor_stack::{Component, Stack};
use axisor_telemetry::Telemetry;
use axisor_telemetry::doctor::{Cause, Hop, Outcome};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::{
    assert_advice, assert_arrived, assert_lost, doctor, examine_both, lost, overlay, stack,
    telemetry,
};

/// An authority, and a Collector both of whose doors it has signed for.
struct Secured {
    stack: Stack,
    roots: PathBuf,
    _files: [tempfile::TempDir; 2],
}

async fn secured() -> Secured {
    let files = tempfile::tempdir().expect("a directory");
    let roots = files.path().join("roots.pem");
    sign(files.path());
    let tls = format!(
        "{{tls: {{cert_file: {0}/server.pem, key_file: {0}/server.key}}}}",
        files.path().display()
    );
    let (directory, overlay) = overlay(&format!(
        "receivers: {{otlp: {{protocols: {{grpc: {tls}, http: {tls}}}}}}}"
    ));
    let stack = stack([Component::Collector]).collector_overlay(overlay);
    Secured {
        stack: stack.start().await.expect("a Collector"),
        roots,
        _files: [files, directory],
    }
}

fn sign(directory: &Path) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let server = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    let server = server.signed_by(&key, &authority).expect("a certificate");
    for (file, pem) in [
        ("roots.pem", authority.pem()),
        ("server.pem", server.pem()),
        ("server.key", key.serialize_pem()),
    ] {
        fs::write(directory.join(file), pem).expect("a file");
    }
}

/// What speaks gRPC to the one door and HTTP to the other, in TLS or not, and where each sends its log lines.
fn both(stack: &Stack, scheme: &str, roots: Option<&Path>) -> [(Telemetry, String); 2] {
    let doors = [
        (stack.otlp_grpc(), "grpc", ""),
        (stack.otlp_http(), "http/protobuf", "/v1/logs"),
    ];
    let roots = roots.map(|roots| roots.display().to_string());
    doors.map(|(url, protocol, path)| {
        let url = url.replace("http", scheme);
        let mut settings = vec![("otlp.protocol", protocol)];
        settings.extend(roots.as_deref().map(|roots| ("otlp.certificate", roots)));
        (telemetry(&url, &settings), format!("{url}{path}"))
    })
}

/// The outcomes of log lines, and where each was sent.
async fn log_lines(stack: &Stack, scheme: &str, roots: Option<&Path>) -> [(Outcome, String); 2] {
    let [(grpc, one), (http, other)] = both(stack, scheme, roots);
    let [grpc, http] = examine_both(&doctor(stack), [grpc, http]).await;
    [(grpc.logs, one), (http.logs, other)]
}

#[tokio::test]
async fn a_trusted_certificate_lets_everything_through() {
    let secured = secured().await;
    for (line, _) in log_lines(&secured.stack, "https", Some(&secured.roots)).await {
        assert_arrived(&line);
    }
    secured.stack.down().await.expect("down");
}

#[tokio::test]
async fn a_certificate_nobody_here_trusts() {
    let secured = secured().await;
    let other = tempfile::tempdir().expect("a directory");
    sign(other.path());
    let roots = other.path().join("roots.pem");
    for (line, url) in log_lines(&secured.stack, "https", Some(&roots)).await {
        let finding = lost(&line);
        assert_eq!(finding.hop, Hop::ServiceToCollector);
        let Cause::Untrusted { endpoint, reason } = &finding.cause else {
            panic!("{finding}");
        };
        assert_eq!(*endpoint, url);
        assert!(!reason.is_empty());
        assert_advice(finding, "OTEL_EXPORTER_OTLP_CERTIFICATE");
    }
    secured.stack.down().await.expect("down");
}

#[tokio::test]
async fn plain_text_where_tls_is_expected() {
    let secured = secured().await;
    for (line, endpoint) in log_lines(&secured.stack, "http", None).await {
        let cause = Cause::PlainToTls { endpoint };
        assert_lost(&line, Hop::ServiceToCollector, &cause, "write https://");
    }
    secured.stack.down().await.expect("down");
}

#[tokio::test]
async fn tls_where_plain_text_is_expected() {
    let stack = stack([Component::Collector]).start().await;
    let stack = stack.expect("a Collector");
    for (line, endpoint) in log_lines(&stack, "https", None).await {
        let cause = Cause::TlsToPlain { endpoint };
        assert_lost(&line, Hop::ServiceToCollector, &cause, "write http://");
    }
    stack.down().await.expect("down");
}
