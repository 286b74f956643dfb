//! Where browsers tell how their page loads went, and the script with which they do.

mod origins;
mod pages;
mod rate;
mod report;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use self::origins::Origins;
use self::pages::Pages;
use self::rate::Rate;
use self::report::{Refusal, Report};
use crate::scope::Scope;

/// The longest report, in bytes. The script's is below 300 and the page's path.
const LONGEST: usize = 4 * 1024;

/// The script. It posts to the name `beacon` beside its own, wherever both are nested.
const SCRIPT: &str = include_str!("beacon.js");

/// An endpoint for browsers: `GET /beacon.js`, a script that measures the page it is in, and `POST /beacon`, which takes what it
/// measured. From [`Telemetry::beacon`](crate::Telemetry::beacon); there is none unless its [`router`](Self::router) is
/// merged into the service's.
///
/// | recorded | as |
/// |---|---|
/// | `axisor_page_load_duration_seconds{page}` | from the navigation's start to the end of the `load` event |
/// | `axisor_web_vital_duration_seconds{page,vital}` | `ttfb`, `fcp`, `lcp`, `inp`, as far as the browser measures them |
/// | `axisor_cumulative_layout_shift_score{page}` | CLS, which has no unit |
/// | `axisor_beacons_refused_total{reason}` | what was not recorded |
///
/// `page` is the declared pattern that the page's path fits, and `other` for all that fit none: unknown paths make no series. Nothing else
/// is kept: no address, no cookie, no query, no path as it was.
///
/// What is answered, always without a body:
///
/// | status | `reason` | when |
/// |---|---|---|
/// | 204 | | recorded |
/// | 403 | `origin` | the page is of another origin than this endpoint and not [allowed](Self::allow_origins), or no browser says of which |
/// | 429 | `rate` | there are more reports than [allowed](Self::at_most_per_second) |
/// | 415 | `content_type` | it is neither `text/plain`, as `navigator.sendBeacon` sends a text, nor `application/json` |
/// | 413 | `size` | it is longer than 4 KiB |
/// | 400 | `format` | it is not of the form below |
/// | 400 | `value` | a number is negative, a time is over ten minutes, a layout shift over 100 |
///
/// ```json
/// {"page":"/positions/7","measured":{"load":812.5,"ttfb":91.2,"fcp":340,"lcp":655.1,"inp":48,"cls":0.02}}
/// ```
/// Times are in milliseconds, as browsers have them. What was not measured is left out, but not everything. Names that
/// are not known are refused. Later versions only add names: a script that a browser has kept is understood by a newer service.
///
/// Anybody can write such a report by hand, and so lie about durations; the rate and the values have limits, and the
/// series do not grow. What a browser's page of somebody else may do is told by the browser (`Sec-Fetch-Site`, or `Origin` and
/// `Host` where that is missing), and judged here.
#[must_use = "there is no endpoint until its `router()` is merged into the service's"]
pub struct Beacon {
    scope: Arc<Scope>,
    pages: Vec<&'static str>,
    origins: Vec<String>,
    per_second: NonZeroU32,
}

/// Why there is no endpoint for browsers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BeaconError {
    /// A page is not written as one.
    #[error(
        "`{given}` is no page, expected a path such as `/`, `/positions/:id` or `/docs/*`, percent-encoded and without query"
    )]
    Page {
        /// What was given.
        given: &'static str,
    },
    /// A page fits what an earlier one does.
    #[error(
        "page `{given}` fits the paths of an earlier one, expected pages that can be told apart"
    )]
    SamePage {
        /// The later one.
        given: &'static str,
    },
    /// An origin is not written as browsers write it, and would never be met.
    #[error(
        "`{given}` is no origin, expected one as browsers write it, such as `https://app.example:8443`: in small letters, without a path and \
         without the scheme's own port"
    )]
    Origin {
        /// What was given.
        given: String,
    },
}

impl Beacon {
    pub(crate) fn new(scope: Arc<Scope>, pages: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            scope,
            pages: pages.into_iter().collect(),
            origins: Vec::new(),
            per_second: rate::DEFAULT,
        }
    }

    /// Takes reports from pages of these origins too, such as `https://app.axisor.example`, and answers their preflights; otherwise
    /// only pages of the endpoint's own origin may send any. A page elsewhere that sends JSON does so by `fetch` without
    /// credentials; text, as the script sends it, needs no preflight.
    pub fn allow_origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.origins.extend(origins.into_iter().map(Into::into));
        self
    }

    /// Takes at most so many reports a second, of all clients together, 100 unless told; as many may come at once.
    ///
    /// Clients have no limits of their own: to know them apart takes memory that grows with their number, and behind a proxy
    /// trust in what it says of them.
    pub fn at_most_per_second(mut self, reports: NonZeroU32) -> Self {
        self.per_second = reports;
        self
    }

    /// `POST /beacon` and `GET /beacon.js`, to merge or nest into the service's router before its layers.
    ///
    /// # Errors
    /// [`BeaconError`] for a page or an origin that could never be met.
    ///
    /// # Panics
    /// Not here, but in [`Router::merge`] if the other router has one of these paths already.
    pub fn router(self) -> Result<Router, BeaconError> {
        let origins = Origins::new(&self.origins)?;
        let preflights = origins.preflights();
        let endpoint = Endpoint {
            pages: Pages::new(&self.pages)?,
            origins,
            rate: Rate::new(self.per_second, self.scope.clock.clone()),
            scope: self.scope,
        };
        let take = post(take).layer(DefaultBodyLimit::max(LONGEST));
        let take = match preflights {
            Some(preflights) => take.layer(preflights),
            None => take,
        };
        Ok(Router::new()
            .route("/beacon", take)
            .with_state(Arc::new(endpoint))
            .route("/beacon.js", get(script)))
    }
}

impl fmt::Debug for Beacon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beacon")
            .field("pages", &self.pages)
            .field("origins", &self.origins)
            .field("per_second", &self.per_second)
            .finish_non_exhaustive()
    }
}

struct Endpoint {
    scope: Arc<Scope>,
    pages: Pages,
    origins: Origins,
    rate: Rate,
}

impl Endpoint {
    async fn record(&self, request: Request) -> Result<(), Refusal> {
        self.admit(&request)?;
        let body = Bytes::from_request(request, &()).await;
        let body = body.map_err(|rejected| Refusal::of_body(rejected.status()))?;
        let report = Report::read(&body)?;
        let page = self.pages.page(report.page());
        for (measure, value) in report.measured() {
            measure.record(&self.scope.instruments, page, value);
        }
        Ok(())
    }

    /// What costs least comes first; a page that may not send uses up nobody's rate.
    fn admit(&self, request: &Request) -> Result<(), Refusal> {
        if !self.origins.admit(request.uri(), request.headers()) {
            return Err(Refusal::Origin);
        }
        if !self.rate.admit() {
            return Err(Refusal::Rate);
        }
        if !is_report(request.headers()) {
            return Err(Refusal::ContentType);
        }
        Ok(())
    }
}

async fn take(State(endpoint): State<Arc<Endpoint>>, request: Request) -> StatusCode {
    match endpoint.record(request).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(refusal) => {
            let refused = &endpoint.scope.instruments.beacons_refused;
            refused.of([&refusal]).add(1);
            refusal.status()
        }
    }
}

fn is_report(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE);
    let given = given.and_then(|given| given.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim();
    ["text/plain", "application/json"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
}

async fn script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, SCRIPT)
}
