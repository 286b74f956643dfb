//! Whether an HTTP API answers as it should.

mod location;

use std::error::Error;
use std::io;

use bytes::Bytes;
use http::header::{LOCATION, USER_AGENT};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::tcp;
use super::{CheckReport, Checking, HealthCheck};
use crate::config::{self, Statuses};
use crate::connector::{Connector, connector};

/// As many as `fetch` follows, which the original asked with.
const REDIRECTS: usize = 20;

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
    url: Uri,
    accept: Statuses,
    client: Client<Connector, Empty<Bytes>>,
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
}

impl HttpCheck {
    /// A check of `url` that reports as `name`, such as `lnmarkets_api`. With the feature `tls`, `https://` is trusted by the
    /// system's root certificates, or those of `SSL_CERT_FILE`.
    ///
    /// # Errors
    /// [`HttpCheckError`].
    pub fn new(name: impl Into<String>, url: &str) -> Result<Self, HttpCheckError> {
        let name = name.into();
        let url: Uri = match url.parse() {
            Ok(url) => url,
            Err(_) => return Err(HttpCheckError::Url { name }),
        };
        match (url.scheme_str(), url.host()) {
            (Some("http"), Some(_)) => {}
            (Some("https"), Some(_)) if cfg!(feature = "tls") => {}
            (Some("https"), Some(_)) => return Err(HttpCheckError::NoTls { name }),
            _ => return Err(HttpCheckError::Url { name }),
        }
        Ok(Self {
            name,
            url,
            accept: Statuses::successes(),
            client: client(),
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
            let status = match self.ask().await {
                Ok(status) => status,
                Err(words) => return CheckReport::failed(words),
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

impl HttpCheck {
    /// The status of the last answer, or why there is none.
    async fn ask(&self) -> Result<StatusCode, &'static str> {
        let mut url = self.url.clone();
        for _ in 0..=REDIRECTS {
            let mut request = Request::new(Empty::new());
            *request.uri_mut() = url.clone();
            request.headers_mut().insert(USER_AGENT, AGENT);
            let answer = self.client.request(request).await;
            let answer = answer.map_err(|error| in_words(&error))?;
            let Some(location) = redirect(&answer) else {
                return Ok(answer.status());
            };
            url = location::resolve(&url, location).ok_or("redirected to no URL")?;
        }
        Err("too many redirects")
    }
}

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("axisor-telemetry/", env!("CARGO_PKG_VERSION")));

fn redirect<B>(answer: &Response<B>) -> Option<&str> {
    let redirects = matches!(answer.status().as_u16(), 301..=303 | 307 | 308);
    let location = answer.headers().get(LOCATION).filter(|_| redirects)?;
    location.to_str().ok()
}

/// Every check connects anew: a connection kept from before would not say whether one can be had.
fn client() -> Client<Connector, Empty<Bytes>> {
    Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build(connector())
}

/// Without the URL and whatever addresses the causes name.
fn in_words(error: &(dyn Error + 'static)) -> &'static str {
    let mut causes = std::iter::successors(error.source(), |cause| inner(*cause));
    let words = causes.find_map(|cause| {
        #[cfg(feature = "tls")]
        if let Some(words) = tls_in_words(cause) {
            return Some(words);
        }
        let io = cause.downcast_ref::<io::Error>()?;
        io.get_ref().is_none().then(|| tcp::in_words(io))
    });
    words.unwrap_or("no connection")
}

/// What an error wraps. Of the system's own errors `source()` gives what the wrapped one wraps.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inner) => Some(inner),
        None => error.source(),
    }
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
