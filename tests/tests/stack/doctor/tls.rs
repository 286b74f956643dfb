//! A Collector with and without TLS, and whose word for it is taken.

use std::fs;
use std::path::{Path, PathBuf};

use axisor_stack::{Component, Stack};
use axisor_telemetry::doctor::{Cause, Hop};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::{
    assert_advice, assert_arrived, assert_lost, doctor, examine, lost, overlay, stack, telemetry,
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

fn both(stack: &Stack) -> [(String, &'static str, &'static str); 2] {
    [
        (stack.otlp_grpc(), "grpc", ""),
        (stack.otlp_http(), "http/protobuf", "/v1/logs"),
    ]
}

fn https(url: &str) -> String {
    url.replace("http://", "https://")
}

#[tokio::test]
async fn a_trusted_certificate_lets_everything_through() {
    let secured = secured().await;
    let roots = secured.roots.display().to_string();
    for (url, protocol, _) in both(&secured.stack) {
        let settings = [("otlp.protocol", protocol), ("otlp.certificate", &roots)];
        let diagnosis = examine(doctor(&secured.stack), &telemetry(&https(&url), &settings)).await;
        assert_arrived(&diagnosis.logs);
    }
    secured.stack.down().await.expect("down");
}

#[tokio::test]
async fn a_certificate_nobody_here_trusts() {
    let secured = secured().await;
    let other = tempfile::tempdir().expect("a directory");
    sign(other.path());
    let roots = other.path().join("roots.pem").display().to_string();
    for (url, protocol, path) in both(&secured.stack) {
        let settings = [("otlp.protocol", protocol), ("otlp.certificate", &roots)];
        let diagnosis = examine(doctor(&secured.stack), &telemetry(&https(&url), &settings)).await;
        let finding = lost(&diagnosis.logs);
        assert_eq!(finding.hop, Hop::ServiceToCollector);
        let Cause::Untrusted { endpoint, reason } = &finding.cause else {
            panic!("{finding}");
        };
        assert_eq!(*endpoint, format!("{}{path}", https(&url)));
        assert!(!reason.is_empty());
        assert_advice(finding, "OTEL_EXPORTER_OTLP_CERTIFICATE");
    }
    secured.stack.down().await.expect("down");
}

#[tokio::test]
async fn plain_text_where_tls_is_expected() {
    let secured = secured().await;
    for (url, protocol, path) in both(&secured.stack) {
        let telemetry = telemetry(&url, &[("otlp.protocol", protocol)]);
        let diagnosis = examine(doctor(&secured.stack), &telemetry).await;
        let cause = Cause::PlainToTls {
            endpoint: format!("{url}{path}"),
        };
        assert_lost(
            &diagnosis.logs,
            Hop::ServiceToCollector,
            &cause,
            "write https://",
        );
    }
    secured.stack.down().await.expect("down");
}

#[tokio::test]
async fn tls_where_plain_text_is_expected() {
    let stack = stack([Component::Collector])
        .start()
        .await
        .expect("a Collector");
    for (url, protocol, path) in both(&stack) {
        let telemetry = telemetry(&https(&url), &[("otlp.protocol", protocol)]);
        let diagnosis = examine(doctor(&stack), &telemetry).await;
        let cause = Cause::TlsToPlain {
            endpoint: format!("{}{path}", https(&url)),
        };
        assert_lost(
            &diagnosis.logs,
            Hop::ServiceToCollector,
            &cause,
            "write http://",
        );
    }
    stack.down().await.expect("down");
}
