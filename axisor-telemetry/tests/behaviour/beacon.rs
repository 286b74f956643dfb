//! What browsers tell of their page loads, and what is made of what others tell.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axisor_telemetry::serve::{Beacon, BeaconError};
use axisor_telemetry::testing::TestTelemetry;
use axum::Router;
use axum::body::Body;
use http::Request;
use proptest::prelude::*;
use serde_json::json;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::app::{self, Answer};
use crate::seen;

const LOAD: &str = "axisor_page_load_duration_seconds";
const VITAL: &str = "axisor_web_vital_duration_seconds";
const SHIFT: &str = "axisor_cumulative_layout_shift_score";
const REFUSED: &str = "axisor_beacons_refused_total";
const PAGES: [&str; 4] = ["/", "/positions", "/positions/:id", "/docs/*"];
const SAME_ORIGIN: &str = "sec-fetch-site: same-origin\r\n";
const TEXT: &str = "content-type: text/plain;charset=UTF-8\r\n";
const REPORT: &str = r#"{"page":"/positions/7","measured":{"load":1500}}"#;

/// A service with the endpoint, served until this is dropped. Time stands still but for its clock.
struct Service {
    telemetry: TestTelemetry,
    addr: SocketAddr,
    serving: JoinHandle<()>,
}

impl Service {
    async fn start() -> Self {
        Self::with(|beacon| beacon).await
    }

    async fn with(configure: impl FnOnce(Beacon) -> Beacon) -> Self {
        let telemetry = TestTelemetry::new();
        let beacon = configure(telemetry.beacon(PAGES));
        let router = beacon.router().expect("an endpoint");
        let app = router.layer(telemetry.http_layer());
        let (addr, serving) = app::listen(app).await;
        Self {
            telemetry,
            addr,
            serving,
        }
    }

    /// Sends a report as a page of the service's own does.
    async fn report(&self, body: &str) -> u16 {
        self.send(&[SAME_ORIGIN, TEXT].concat(), body).await.status
    }

    async fn send(&self, headers: &str, body: &str) -> Answer {
        let headers = format!("{headers}content-length: {}\r\n", body.len());
        app::send(self.addr, "POST", "/beacon", &headers, body.as_bytes()).await
    }

    fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        seen::value(&self.telemetry, name, labels)
    }

    /// How many loads of `page` were counted.
    fn loads(&self, page: &str) -> Option<f64> {
        self.value(&format!("{LOAD}_count"), &[("page", page)])
    }

    fn refused(&self, reason: &str) -> Option<f64> {
        self.value(REFUSED, &[("reason", reason)])
    }

    /// Every sample that a report could make.
    fn recorded(&self) -> Vec<String> {
        [LOAD, VITAL, SHIFT]
            .iter()
            .flat_map(|name| seen::samples(&self.telemetry, name))
            .collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Sends a report without a socket.
async fn post(app: &Router, url: &str, origin: (&str, &str), body: impl Into<Body>) -> u16 {
    let request = Request::post(url)
        .header(origin.0, origin.1)
        .header("content-type", "text/plain")
        .body(body.into());
    let answer = app.clone().oneshot(request.unwrap()).await.unwrap();
    answer.status().as_u16()
}

/// The same report of another page.
fn of_page(path: &str) -> String {
    REPORT.replace("/positions/7", path)
}

#[tokio::test]
async fn a_report_is_recorded_in_seconds_under_the_pattern_of_its_page() {
    let service = Service::start().await;
    let report = r#"{"page":"/positions/7","measured":{"load":1500,"ttfb":62.5,"fcp":250,"lcp":500,"inp":125,"cls":0.25}}"#;
    let answer = service.send(&[SAME_ORIGIN, TEXT].concat(), report).await;
    assert_eq!((answer.status, answer.text().as_str()), (204, ""));
    let page = ("page", "/positions/:id");
    let sum = |name: &str, labels: &[_]| service.value(&format!("{name}_sum"), labels);
    assert_eq!(sum(LOAD, &[page]), Some(1.5));
    assert_eq!(sum(SHIFT, &[page]), Some(0.25));
    for (vital, seconds) in [
        ("ttfb", 0.0625),
        ("fcp", 0.25),
        ("lcp", 0.5),
        ("inp", 0.125),
    ] {
        let labels = [page, ("vital", vital)];
        assert_eq!(sum(VITAL, &labels), Some(seconds), "{vital}");
    }
    assert_eq!(seen::samples(&service.telemetry, REFUSED), [""; 0]);
}

#[tokio::test]
async fn what_was_not_measured_makes_no_series() {
    let service = Service::start().await;
    let report = r#"{"page":"/","measured":{"ttfb":80}}"#;
    assert_eq!(service.report(report).await, 204);
    let series = format!(r#"{VITAL}_count{{page="/",vital="ttfb"}} 1"#);
    let counts = service.recorded().into_iter();
    let counts: Vec<_> = counts.filter(|sample| sample.contains("_count")).collect();
    assert_eq!(counts, [series]);
}

#[tokio::test]
async fn the_published_limits_of_good_and_poor_are_bounds_of_the_buckets() {
    let service = Service::start().await;
    for (vital, good, poor) in [
        ("ttfb", "0.8", "1.8"),
        ("fcp", "1.8", "3"),
        ("lcp", "2.5", "4"),
        ("inp", "0.2", "0.5"),
        ("cls", "0.1", "0.25"),
    ] {
        for limit in [good, poor] {
            let limit: f64 = limit.parse().unwrap();
            let unit = if vital == "cls" { 1.0 } else { 1000.0 };
            for value in [limit * unit, limit * unit + 0.001] {
                let report = format!(r#"{{"page":"/","measured":{{"{vital}":{value}}}}}"#);
                assert_eq!(service.report(&report).await, 204);
            }
        }
        let up_to = |limit| {
            let (name, labels) = match vital {
                "cls" => (SHIFT, vec![("page", "/"), ("le", limit)]),
                _ => (VITAL, vec![("page", "/"), ("vital", vital), ("le", limit)]),
            };
            service.value(&format!("{name}_bucket"), &labels)
        };
        assert_eq!(
            (up_to(good), up_to(poor)),
            (Some(1.0), Some(3.0)),
            "{vital}"
        );
    }
}

#[tokio::test]
async fn a_path_is_counted_as_the_page_it_fits_and_all_others_as_one() {
    let service = Service::start().await;
    for (path, page, loads) in [
        ("/", "/", 1.0),
        ("/positions", "/positions", 1.0),
        ("/positions/7", "/positions/:id", 1.0),
        ("/positions/8", "/positions/:id", 2.0),
        ("/positions/8?token=secret", "/positions/:id", 3.0),
        ("/docs/a/b", "/docs/*", 1.0),
        ("/positions/", "other", 1.0),
        ("/docs", "other", 2.0),
        ("/positions/7/edit", "other", 3.0),
        ("/Positions", "other", 4.0),
        ("", "other", 5.0),
        ("positions", "other", 6.0),
        ("https://elsewhere.example/", "other", 7.0),
    ] {
        assert_eq!(service.report(&of_page(path)).await, 204);
        assert_eq!(service.loads(page), Some(loads), "{path}");
    }
    for number in 0..50 {
        let path = format!("/made-up/{number}");
        assert_eq!(service.report(&of_page(&path)).await, 204);
    }
    let counts = seen::samples(&service.telemetry, &format!("{LOAD}_count"));
    assert_eq!(counts.len(), PAGES.len() + 1, "{counts:?}");
    assert_eq!(service.loads("other"), Some(57.0));
}

#[test]
fn whatever_is_sent_is_answered_and_makes_no_series_of_another_page() {
    let telemetry = seen::builder().build().unwrap();
    let beacon = telemetry.beacon(PAGES).at_most_per_second(NonZeroU32::MAX);
    let app = beacon.router().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(path in "/?(positions|docs|[a-z:*{}/?%\u{e9}]{0,8}){1,2}", lcp: f64, raw: Vec<u8>)| {
        let report = json!({ "page": path, "measured": { "lcp": lcp } });
        for body in [report.to_string().into_bytes(), raw] {
            let own = ("sec-fetch-site", "same-origin");
            let status = runtime.block_on(post(&app, "/beacon", own, body));
            prop_assert!([204, 400].contains(&status));
        }
    });
    let counts = seen::samples(&telemetry, &format!("{VITAL}_count"));
    let known = |count: &String| {
        let mut pages = PAGES.iter().chain(["other"].iter());
        pages.any(|page| count.contains(&format!(r#"page="{page}""#)))
    };
    assert!(!counts.is_empty() && counts.iter().all(known), "{counts:?}");
}

#[tokio::test]
async fn a_declared_page_keeps_its_series_past_the_bound() {
    let telemetry = seen::builder().set("metrics.series_bound", 1);
    let telemetry = telemetry.build().unwrap();
    let app = telemetry.beacon(PAGES).router().unwrap();
    let own = ("sec-fetch-site", "same-origin");
    for path in ["/", "/positions", "/positions/7"] {
        assert_eq!(post(&app, "/beacon", own, of_page(path)).await, 204);
    }
    let counts = seen::samples(&telemetry, &format!("{LOAD}_count"));
    assert_eq!(counts.len(), 3, "{counts:?}");
    assert!(counts.iter().all(|count| !count.contains("other")));
}

#[tokio::test]
async fn a_report_of_another_form_or_with_an_implausible_number_is_refused_whole() {
    let service = Service::start().await;
    let measured = |measured: &str| format!(r#"{{"page":"/","measured":{{"lcp":1,{measured}}}}}"#);
    let malformed = [
        "",
        "null",
        "page=/",
        &REPORT[..REPORT.len() - 1],
        &[REPORT, REPORT].concat(),
        r#"{"page":"/"}"#,
        r#"{"measured":{"load":1}}"#,
        r#"{"page":"/","measured":{}}"#,
        r#"{"page":7,"measured":{"load":1}}"#,
        r#"{"page":"/","measured":{"load":1},"user":7}"#,
        &measured(r#""fid":1"#),
        &measured(r#""load":null"#),
        &measured(r#""load":"1""#),
        &measured(r#""load":NaN"#),
        &measured(r#""load":Infinity"#),
        &measured(r#""load":1e999"#),
    ];
    let implausible = [
        &*measured(r#""load":-1"#),
        &measured(r#""load":600000.1"#),
        &measured(r#""ttfb":1e300"#),
        &measured(r#""inp":-0.001"#),
        &measured(r#""cls":-0.1"#),
        &measured(r#""cls":100.1"#),
    ];
    for (reason, bodies) in [("format", &malformed[..]), ("value", &implausible[..])] {
        let mut refused = 0.0;
        for body in bodies {
            assert_eq!(service.report(body).await, 400, "{body}");
            refused += 1.0;
            assert_eq!(service.refused(reason), Some(refused), "{body}");
        }
    }
    assert_eq!(service.recorded(), [""; 0]);
    for body in [
        measured(r#""load":600000"#),
        measured(r#""cls":100,"inp":0"#),
    ] {
        assert_eq!(service.report(&body).await, 204, "{body}");
    }
}

#[tokio::test]
async fn text_and_json_are_taken_and_no_other_content() {
    let service = Service::start().await;
    for (status, content) in [
        (204, "content-type: text/plain;charset=UTF-8\r\n"),
        (204, "content-type: text/plain\r\n"),
        (204, "content-type: Application/JSON ; charset=utf-8\r\n"),
        (415, "content-type: text/html\r\n"),
        (415, "content-type: text/plainer\r\n"),
        (415, "content-type: application/x-www-form-urlencoded\r\n"),
        (
            415,
            "content-type: multipart/form-data; boundary=text/plain\r\n",
        ),
        (415, ""),
    ] {
        let answer = service.send(&[SAME_ORIGIN, content].concat(), REPORT).await;
        assert_eq!(answer.status, status, "{content}");
    }
    assert_eq!(service.refused("content_type"), Some(5.0));
    assert_eq!(service.loads("/positions/:id"), Some(3.0));
}

#[tokio::test]
async fn a_report_has_at_most_four_kibibytes() {
    let service = Service::start().await;
    let of_length = |length: usize| format!("{REPORT:<length$}");
    assert_eq!(service.report(&of_length(4096)).await, 204);
    assert_eq!(service.report(&of_length(4097)).await, 413);
    let chunked = [SAME_ORIGIN, TEXT, "transfer-encoding: chunked\r\n"].concat();
    let body = format!("1001\r\n{}\r\n0\r\n\r\n", of_length(4097));
    let answer = app::send(service.addr, "POST", "/beacon", &chunked, body.as_bytes()).await;
    assert_eq!(answer.status, 413);
    assert_eq!(service.refused("size"), Some(2.0));
    assert_eq!(service.loads("/positions/:id"), Some(1.0));
}

#[tokio::test]
async fn more_reports_than_allowed_are_refused_until_time_has_passed() {
    let rate = NonZeroU32::new(4).unwrap();
    let service = Service::with(|beacon| beacon.at_most_per_second(rate)).await;
    for _ in 0..5 {
        let foreign = service.send(TEXT, REPORT).await;
        assert_eq!(
            foreign.status, 403,
            "a page that may not send uses up nothing"
        );
    }
    for status in [204, 204, 204, 204, 429, 429] {
        assert_eq!(service.report(REPORT).await, status);
    }
    service
        .telemetry
        .clock()
        .advance(Duration::from_millis(250));
    for status in [204, 429] {
        assert_eq!(service.report(REPORT).await, status);
    }
    assert_eq!(service.refused("rate"), Some(3.0));
    assert_eq!(service.loads("/positions/:id"), Some(5.0));
}

#[tokio::test]
async fn a_hundred_reports_a_second_are_taken_unless_told_otherwise() {
    let service = Service::start().await;
    for _ in 0..100 {
        assert_eq!(service.report(REPORT).await, 204);
    }
    assert_eq!(service.report(REPORT).await, 429);
}

#[tokio::test]
async fn only_pages_of_allowed_origins_may_send() {
    const ALLOWED: [&str; 2] = ["https://app.axisor.example", "http://localhost:5173"];
    let own = Service::start().await;
    let shared = Service::with(|beacon| beacon.allow_origins(ALLOWED)).await;
    // The service's host is `app`.
    for (headers, by_default, when_allowed) in [
        ("sec-fetch-site: same-origin\r\n", 204, 204),
        (
            "sec-fetch-site: same-origin\r\norigin: https://behind-a-proxy.example\r\n",
            204,
            204,
        ),
        (
            "sec-fetch-site: same-site\r\norigin: http://app\r\n",
            403,
            403,
        ),
        (
            "sec-fetch-site: cross-site\r\norigin: http://app\r\n",
            403,
            403,
        ),
        ("sec-fetch-site: none\r\n", 403, 403),
        ("origin: http://app\r\n", 204, 204),
        ("origin: https://APP\r\n", 204, 204),
        ("origin: http://app:81\r\n", 403, 403),
        ("origin: http://app.evil.example\r\n", 403, 403),
        ("origin: null\r\n", 403, 403),
        ("origin: app\r\n", 403, 403),
        ("", 403, 403),
        (
            "sec-fetch-site: cross-site\r\norigin: https://app.axisor.example\r\n",
            403,
            204,
        ),
        ("origin: http://localhost:5173\r\n", 403, 204),
        ("origin: https://localhost:5173\r\n", 403, 403),
        (
            "origin: https://app.axisor.example.evil.example\r\n",
            403,
            403,
        ),
        (
            "origin: https://evil.example\r\nreferer: https://app.axisor.example/\r\n",
            403,
            403,
        ),
    ] {
        for (service, status) in [(&own, by_default), (&shared, when_allowed)] {
            let answer = service.send(&[TEXT, headers].concat(), REPORT).await;
            assert_eq!(answer.status, status, "{headers}");
        }
    }
    assert_eq!(own.refused("origin"), Some(13.0));
    assert_eq!(shared.refused("origin"), Some(11.0));
    assert_eq!(shared.loads("/positions/:id"), Some(6.0));
}

#[tokio::test]
async fn without_a_host_header_as_in_http_2_the_authority_is_the_host() {
    let telemetry = seen::builder().build().unwrap();
    let app = telemetry.beacon(PAGES).router().unwrap();
    for (origin, status) in [("https://app.example", 204), ("https://other.example", 403)] {
        let url = "https://app.example/beacon";
        let answered = post(&app, url, ("origin", origin), REPORT).await;
        assert_eq!(answered, status, "{origin}");
    }
}

#[tokio::test]
async fn preflights_are_granted_to_allowed_origins_alone() {
    let shared = Service::with(|beacon| beacon.allow_origins(["https://app.axisor.example"])).await;
    let preflight = async |service: &Service, origin: &str| {
        let headers = format!(
            "origin: {origin}\r\naccess-control-request-method: POST\r\naccess-control-request-headers: content-type\r\n"
        );
        app::ask(service.addr, "OPTIONS", "/beacon", &headers).await
    };
    let granted = preflight(&shared, "https://app.axisor.example").await;
    for (header, value) in [
        ("access-control-allow-origin", "https://app.axisor.example"),
        ("access-control-allow-methods", "post"), // heads are read in small letters
        ("access-control-allow-headers", "content-type"),
        ("access-control-allow-credentials", ""),
    ] {
        assert_eq!(
            granted.header(header).unwrap_or_default(),
            value,
            "{header}"
        );
    }
    assert!(
        granted
            .header("vary")
            .is_some_and(|vary| vary.contains("origin"))
    );
    let refused = preflight(&shared, "https://evil.example").await;
    assert_eq!(refused.header("access-control-allow-origin"), None);

    let own = Service::start().await;
    let refused = preflight(&own, "https://app.axisor.example").await;
    assert_eq!(
        (
            refused.status,
            refused.header("access-control-allow-origin")
        ),
        (405, None)
    );
}

#[tokio::test]
async fn nothing_is_given_away_and_nothing_personal_is_kept() {
    let service = Service::start().await;
    let headers = [
        SAME_ORIGIN,
        TEXT,
        "cookie: session=secret\r\nuser-agent: secret\r\nreferer: http://app/positions/7?token=secret\r\n",
    ];
    let answer = service
        .send(
            &headers.concat(),
            &of_page("/positions/secret?token=secret"),
        )
        .await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    let names = answer
        .head
        .lines()
        .skip(1)
        .map(|line| line.split(':').next().unwrap());
    for name in names {
        assert!(["connection", "date"].contains(&name), "{}", answer.head);
    }
    let refused = service.send(&headers.concat(), "secret").await;
    assert_eq!((refused.status, refused.body.len()), (400, 0));

    let page = service.telemetry.exposition().unwrap();
    assert!(!page.contains("secret"), "{page}");
    let both = |seen: &TestTelemetry| seen.spans().len() == 2;
    service.telemetry.until("both requests' spans", both).await;
    let spans = service.telemetry.spans();
    let told: Vec<_> = spans
        .iter()
        .flat_map(|span| &span.attributes)
        .filter(|told| told.value.as_str().contains("secret"))
        .collect();
    assert!(
        told.iter()
            .all(|told| told.key.as_str() == "user_agent.original"),
        "{told:?}"
    );
}

#[tokio::test]
async fn it_is_counted_as_an_ordinary_route() {
    let service = Service::start().await;
    service.report(REPORT).await;
    service.report("").await;
    for status in ["204", "400"] {
        let labels = [
            ("method", "POST"),
            ("route", "/beacon"),
            ("status_code", status),
        ];
        let counted = || service.value("axisor_http_requests_total", &labels) == Some(1.0);
        seen::until("the request to be counted", counted).await;
    }
}

#[tokio::test]
async fn there_is_no_endpoint_unless_it_is_asked_for() {
    let app = app::App::serve(Router::new()).await;
    assert_eq!(app.ask("POST", "/beacon").await.status, 404);
    assert_eq!(app.ask("GET", "/beacon.js").await.status, 404);
    let declared = app.telemetry.beacon(PAGES); // and not merged
    assert_eq!(app.ask("POST", "/beacon").await.status, 404);
    drop(declared);
}

#[tokio::test]
async fn the_script_is_javascript_that_browsers_keep_for_an_hour() {
    let service = Service::start().await;
    let answer = app::ask(service.addr, "GET", "/beacon.js", "").await;
    assert_eq!(answer.status, 200);
    for (header, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", "public, max-age=3600"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(header), Some(value));
    }
    assert!(answer.text().contains("navigator.sendBeacon("));
}

#[tokio::test]
async fn it_may_be_nested_where_blockers_do_not_look() {
    let telemetry = seen::builder().build().unwrap();
    let beacon = telemetry.beacon(PAGES).router().unwrap();
    let app = Router::new()
        .nest("/speed", beacon)
        .layer(telemetry.http_layer());
    let (addr, serving) = app::listen(app).await;
    assert_eq!(
        app::ask(addr, "GET", "/speed/beacon.js", "").await.status,
        200
    );
    let headers = format!("{SAME_ORIGIN}{TEXT}content-length: {}\r\n", REPORT.len());
    let answer = app::send(addr, "POST", "/speed/beacon", &headers, REPORT.as_bytes()).await;
    assert_eq!(answer.status, 204);
    serving.abort();
}

#[test]
fn a_page_that_cannot_be_met_or_told_apart_is_an_error_that_names_it() {
    let telemetry = seen::builder().build().unwrap();
    let router = |pages: &[&'static str]| telemetry.beacon(pages.iter().copied()).router();
    for given in [
        "",
        "positions",
        "/positions/{id}",
        "/a?b=c",
        "/a#b",
        "/a b",
        "/caf\u{e9}",
        "/a/*/b",
        "/:",
        "https://app.axisor.example/",
    ] {
        let error = router(&["/", given]).expect_err(given);
        assert_eq!(error, BeaconError::Page { given });
        assert!(error.to_string().contains(&format!("`{given}`")), "{error}");
    }
    for (first, given) in [("/a", "/a"), ("/a/:id", "/a/:name"), ("/a/:id", "/a/*")] {
        let error = router(&[first, given]).expect_err(given);
        assert_eq!(error, BeaconError::SamePage { given });
        assert!(error.to_string().contains(&format!("`{given}`")), "{error}");
    }
    let apart = ["/a/:id", "/a/b", "/a/b/*", "/caf%C3%A9", "/a:b"];
    let _ = router(&apart).expect("told apart");
}

#[test]
fn an_origin_that_no_browser_writes_is_an_error_that_names_it() {
    let telemetry = seen::builder().build().unwrap();
    let router = |origin: &str| telemetry.beacon(PAGES).allow_origins([origin]).router();
    for given in [
        "",
        "*",
        "null",
        "app.axisor.example",
        "https://app.axisor.example/",
        "https://app.axisor.example/positions",
        "https://app.axisor.example?a",
        "https://App.axisor.example",
        "HTTPS://app.axisor.example",
        "https://*.axisor.example",
        "https://user@app.axisor.example",
        "https://app.axisor.example:443",
        "http://app.axisor.example:80",
        "https://app.axisor.example:",
        "https://app.axisor.example:70000",
        "ftp://app.axisor.example",
        "https://caf\u{e9}.example",
        " https://app.axisor.example",
    ] {
        let error = router(given).expect_err(given);
        let expected = BeaconError::Origin {
            given: given.to_owned(),
        };
        assert_eq!(error, expected);
        assert!(error.to_string().contains(&format!("`{given}`")), "{error}");
    }
    for given in [
        "https://app.axisor.example",
        "http://localhost:5173",
        "http://[::1]:8080",
        "https://a:80",
    ] {
        let _ = router(given).expect(given);
    }
}
