//! Whether an HTTP API answers as it should.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::tcp;
use super::{CheckReport, Checking, HealthCheck};
use crate::config::{self, Statuses};

/// As many as `fetch` follows, which the original asked with.
const REDIRECTS: usize = 20;

/// An idle connection is not kept for the next round, which comes late.
const IDLE: Duration = Duration::from_secs(30);

/// Sends `GET` without credentials, follows redirects, and judges the last answer's status: 2xx is well unless
/// [`accepting`](Self::accepting) says otherwise. The body is not read.
///
/// The report has a detail of the API's name, `true` or `false`, when there was an answer, and an `error` when there was none,
/// as in the original.
/// ```
/// use axisor_telemetry::Telemetry;
/// use axisor_telemetry::health::{HealthCheck as _, HttpCheck};
///
/// # fn main() -> Result<(), axisor_telemetry::health::HttpCheckError> {
/// let check = HttpCheck::new("price_feed", "http://prices.example/v1/ping")?;
/// let builder = Telemetry::builder("axisor-backend").health_check("prices", check.degraded());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct HttpCheck {
    name: String,
    url: Url,
    accept: Statuses,
    client: Client,
}

/// Why there is no HTTP check.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpCheckError {
    /// The URL is none, or not of HTTP.
    #[error("the URL of the health check `{name}` is wrong, expected `http://…` or `https://…`")]
    Url {
        /// The API's name.
        name: String,
    },
    /// The URL is `https://`, and this build has no TLS.
    #[error(
        "the URL of the health check `{name}` is `https://`, which needs the crate feature `tls`, absent from this build"
    )]
    NoTls {
        /// The API's name.
        name: String,
    },
    /// The client cannot be made, such as for want of root certificates.
    #[error("the health check `{name}` has no HTTP client")]
    Client {
        /// The API's name.
        name: String,
        /// What the client's maker said.
        source: reqwest::Error,
    },
}

impl HttpCheck {
    /// A check of `url` that reports as `name`, such as `lnmarkets_api`. With the feature `tls`, `https://` is trusted by the
    /// system's root certificates, or those of `SSL_CERT_FILE`.
    ///
    /// # Errors
    /// [`HttpCheckError`].
    pub fn new(name: impl Into<String>, url: &str) -> Result<Self, HttpCheckError> {
        let name = name.into();
        let url: Url = match url.parse() {
            Ok(url) => url,
            Err(_) => return Err(HttpCheckError::Url { name }),
        };
        match url.scheme() {
            "http" => {}
            "https" if cfg!(feature = "tls") => {}
            "https" => return Err(HttpCheckError::NoTls { name }),
            _ => return Err(HttpCheckError::Url { name }),
        }
        let client = client().map_err(|source| HttpCheckError::Client {
            name: name.clone(),
            source,
        })?;
        Ok(Self {
            name,
            url,
            accept: Statuses::successes(),
            client,
        })
    }

    /// The original's: what `health.lnmarkets_url` says, reported as `lnmarkets_api`.
    pub(crate) fn lnmarkets(settings: &config::Health) -> Result<Self, HttpCheckError> {
        let check = Self::new("lnmarkets_api", &settings.lnmarkets_url)?;
        Ok(check.accepting(settings.lnmarkets_accept.clone()))
    }

    /// Takes these statuses as well, in place of 2xx.
    #[must_use]
    pub fn accepting(mut self, statuses: Statuses) -> Self {
        self.accept = statuses;
        self
    }
}

impl HealthCheck for HttpCheck {
    fn check(&self) -> Checking<'_> {
        Box::pin(async {
            let answer = self.client.get(self.url.clone()).send().await;
            let status = match answer {
                Ok(answer) => answer.status(),
                Err(error) => return CheckReport::failed(in_words(&error)),
            };
            let well = self.accept.contains(status.as_u16());
            let report = if well {
                CheckReport::healthy()
            } else {
                CheckReport::unhealthy()
            };
            report.with(&self.name, well)
        })
    }
}

fn client() -> Result<Client, reqwest::Error> {
    let builder = Client::builder()
        .redirect(Policy::limited(REDIRECTS))
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(1)
        .user_agent(concat!("axisor-telemetry/", env!("CARGO_PKG_VERSION")));
    secured(builder).build()
}

#[cfg(feature = "tls")]
fn secured(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3");
    let tls = versions.with_root_certificates(roots).with_no_client_auth();
    builder.tls_backend_preconfigured(tls)
}

#[cfg(not(feature = "tls"))]
fn secured(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    builder
}

/// Without the URL and whatever addresses the causes name.
fn in_words(error: &reqwest::Error) -> &'static str {
    if error.is_redirect() {
        return "too many redirects";
    }
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    for cause in causes {
        #[cfg(feature = "tls")]
        if let Some(words) = tls_in_words(cause) {
            return words;
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            #[cfg(feature = "tls")]
            if let Some(words) = io.get_ref().and_then(|inner| tls_in_words(inner)) {
                return words;
            }
            return tcp::in_words(io);
        }
    }
    if error.is_connect() {
        return "no connection";
    }
    "no answer"
}

#[cfg(feature = "tls")]
fn tls_in_words(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    let tls = cause.downcast_ref::<rustls::Error>()?;
    Some(match tls {
        rustls::Error::InvalidCertificate(_) => "TLS: the certificate is not trusted",
        rustls::Error::AlertReceived(_) => "TLS: refused by the server",
        _ => "TLS: no secure connection",
    })
}
