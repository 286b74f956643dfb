//! How connections are opened to what is asked over HTTP, but for OTLP's, which has certificates of its own.

use hyper_util::client::legacy::connect::HttpConnector;

#[cfg(not(feature = "tls"))]
pub(crate) type Connector = HttpConnector;
#[cfg(feature = "tls")]
pub(crate) type Connector = hyper_rustls::HttpsConnector<HttpConnector>;

#[cfg(not(feature = "tls"))]
pub(crate) fn connector() -> Connector {
    HttpConnector::new()
}

/// With a provider of its own, as the process may have none or another.
#[cfg(feature = "tls")]
pub(crate) fn connector() -> Connector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3");
    let tls = versions.with_root_certificates(roots).with_no_client_auth();
    hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp)
}
