//! From a setting's text to its value. `None`: the setting does not take this text.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use jiff::SignedDuration;
use percent_encoding::percent_decode_str;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Targets;

use super::values::{
    Compression, LogFormat, LogsExporter, MetricsExporter, Propagator, Protocol, Sampler, Secret,
    Statuses, TracesExporter,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_COUNT: usize = 1_000_000;
const MAX_LIMIT: u32 = 1_000_000;

pub(super) fn text(given: &str) -> Option<String> {
    (!given.trim().is_empty()).then(|| given.to_owned())
}

/// `{scheme}://{key}@{host}/{path}{project}`; Sentry's own parser has the last word.
pub(super) fn dsn(given: &str) -> Option<Secret> {
    let uri: Uri = given.parse().ok()?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    let (key, host) = uri.authority()?.as_str().rsplit_once('@')?;
    let project = uri.path().rsplit('/').next()?;
    let whole = [key, host, project].iter().all(|part| !part.is_empty());
    (web && whole && uri.query().is_none()).then(|| Secret::new(given.to_owned()))
}

pub(super) fn flag(given: &str) -> Option<bool> {
    given.to_ascii_lowercase().parse().ok()
}

pub(super) fn count(given: &str) -> Option<usize> {
    let count = digits(given)?.parse().ok()?;
    (1..=MAX_COUNT).contains(&count).then_some(count)
}

pub(super) fn limit(given: &str) -> Option<u32> {
    let limit = digits(given)?.parse().ok()?;
    (0..=MAX_LIMIT).contains(&limit).then_some(limit)
}

pub(super) fn port(given: &str) -> Option<u16> {
    digits(given)?.parse().ok()
}

/// Paths that others are served at.
const TAKEN: [&str; 3] = ["/health", "/livez", "/readyz"];

pub(super) fn http_path(given: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let fits = given.starts_with('/') && given.bytes().all(plain) && !TAKEN.contains(&given);
    fits.then(|| given.to_owned())
}

/// Milliseconds, as OpenTelemetry's variables have them.
pub(super) fn milliseconds(given: &str) -> Option<Duration> {
    within_a_day(Duration::from_millis(digits(given)?.parse().ok()?))
}

/// Milliseconds, or a number with its unit.
pub(super) fn time(given: &str) -> Option<Duration> {
    let with_unit = || {
        let time: SignedDuration = given.parse().ok()?;
        within_a_day(time.try_into().ok()?)
    };
    milliseconds(given).or_else(with_unit)
}

/// A time, or 0 for none.
pub(super) fn pause(given: &str) -> Option<Duration> {
    let zero = given == "0" || given.parse::<SignedDuration>().is_ok_and(|it| it.is_zero());
    if zero {
        return Some(Duration::ZERO);
    }
    time(given)
}

/// `table` or `schema.table`, each part with something in it.
pub(super) fn table(given: &str) -> Option<String> {
    let mut parts = given.split('.');
    let named = parts.clone().count() <= 2 && parts.all(|part| !part.trim().is_empty());
    named.then(|| given.to_owned())
}

pub(super) fn statuses(given: &str) -> Option<Statuses> {
    let status = |part: &str| -> Option<RangeInclusive<u16>> {
        if let Some(class) = part.strip_suffix("xx") {
            let class: u16 = digits(class)?.parse().ok()?;
            return (1..=5)
                .contains(&class)
                .then(|| class * 100..=class * 100 + 99);
        }
        let status = digits(part)?.parse().ok()?;
        (100..=599).contains(&status).then_some(status..=status)
    };
    let all: Option<Vec<_>> = given.split(',').map(|part| status(part.trim())).collect();
    all.map(Statuses::new)
}

pub(super) fn ratio(given: &str) -> Option<f64> {
    let ratio: f64 = given.parse().ok()?;
    (0.0..=1.0).contains(&ratio).then_some(ratio)
}

/// `https://user:password@…` is refused: credentials belong in headers, where they are masked.
pub(super) fn endpoint(given: &str) -> Option<Uri> {
    let uri: Uri = given.parse().ok()?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    let host = uri.host().is_some_and(|host| !host.is_empty());
    (web && host && has_valid_port(&uri) && !given.contains(['@', '?', '#'])).then_some(uri)
}

/// None is valid too. The crate takes `:99999` and says that there is no port.
fn has_valid_port(uri: &Uri) -> bool {
    let host = uri.host().map_or(0, str::len);
    let alone = uri
        .authority()
        .is_some_and(|all| all.as_str().len() == host);
    alone || uri.port_u16().is_some()
}

/// A bare word other than a level would be a target to an `EnvFilter`: `inof` would silence everything.
pub(super) fn filter(given: &str) -> Option<String> {
    let directive = |part: &str| is_level(part.trim()) || part.contains(['=', '[', ']']);
    given.split(',').all(directive).then(|| rust_log(given))?
}

/// A bare word other than a level would be a target to `Targets`, too.
pub(super) fn targets(given: &str) -> Option<String> {
    let directive = |part: &str| is_level(part.trim()) || part.contains('=');
    let fits = given.split(',').all(directive) && given.parse::<Targets>().is_ok();
    fits.then(|| given.to_owned())
}

/// As `RUST_LOG` is written, bare targets included.
///
/// What is not ASCII is refused: tracing-subscriber 0.3.23 panics at some such texts, and no target has any.
pub(super) fn rust_log(given: &str) -> Option<String> {
    let fits = given.is_ascii() && EnvFilter::builder().parse(given).is_ok();
    fits.then(|| given.to_owned())
}

pub(super) fn protocol(given: &str) -> Option<Protocol> {
    match given {
        "grpc" => Some(Protocol::Grpc),
        "http/protobuf" => Some(Protocol::HttpProtobuf),
        _ => None,
    }
}

pub(super) fn compression(given: &str) -> Option<Compression> {
    match given {
        "none" => Some(Compression::None),
        "gzip" => Some(Compression::Gzip),
        _ => None,
    }
}

pub(super) fn log_format(given: &str) -> Option<LogFormat> {
    match given {
        "json" => Some(LogFormat::Json),
        "pretty" => Some(LogFormat::Pretty),
        _ => None,
    }
}

pub(super) fn traces_exporter(given: &str) -> Option<TracesExporter> {
    match given {
        "otlp" => Some(TracesExporter::Otlp),
        "console" => Some(TracesExporter::Console),
        "none" => Some(TracesExporter::None),
        _ => None,
    }
}

/// The sampler of this name; `share` is for those that take one.
pub(super) fn sampler(given: &str, share: f64) -> Option<Sampler> {
    match given {
        "always_on" => Some(Sampler::AlwaysOn),
        "always_off" => Some(Sampler::AlwaysOff),
        "traceidratio" => Some(Sampler::TraceIdRatio(share)),
        "parentbased_always_on" => Some(Sampler::ParentBasedAlwaysOn),
        "parentbased_always_off" => Some(Sampler::ParentBasedAlwaysOff),
        "parentbased_traceidratio" => Some(Sampler::ParentBasedTraceIdRatio(share)),
        _ => None,
    }
}

pub(super) fn metrics_exporters(given: &str) -> Option<Vec<MetricsExporter>> {
    list(given, |word| match word {
        "otlp" => Some(MetricsExporter::Otlp),
        "prometheus" => Some(MetricsExporter::Prometheus),
        _ => None,
    })
}

pub(super) fn logs_exporter(given: &str) -> Option<LogsExporter> {
    match given {
        "otlp" => Some(LogsExporter::Otlp),
        "none" => Some(LogsExporter::None),
        _ => None,
    }
}

pub(super) fn propagators(given: &str) -> Option<Vec<Propagator>> {
    list(given, |word| match word {
        "tracecontext" => Some(Propagator::TraceContext),
        "baggage" => Some(Propagator::Baggage),
        _ => None,
    })
}

/// `name=value,name=value` with percent-encoded values:
/// <https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>.
pub(super) fn pairs(given: &str) -> Option<Vec<(String, String)>> {
    let parts = given.split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(pair).collect()
}

pub(super) fn headers(pairs: Vec<(String, String)>) -> Option<Vec<(String, Secret)>> {
    let header = |(name, value): (String, String)| {
        let name: HeaderName = name.parse().ok()?;
        HeaderValue::from_str(&value).ok()?;
        Some((name.as_str().to_owned(), Secret::new(value)))
    };
    pairs.into_iter().map(header).collect()
}

fn pair(part: &str) -> Option<(String, String)> {
    let (name, value) = part.split_once('=')?;
    let (name, value) = (decoded(name.trim())?, decoded(value.trim())?);
    (!name.is_empty()).then_some((name, value))
}

/// Stricter than the crate, which leaves a `%` without two digits as it is.
fn decoded(given: &str) -> Option<String> {
    let is_code = |after: &str| {
        let code = after.as_bytes().get(..2);
        code.is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit))
    };
    let mut codes = given.split('%').skip(1);
    let text = percent_decode_str(given).decode_utf8().ok()?;
    codes.all(is_code).then(|| text.into_owned())
}

/// Words separated by commas, each at most once, or `none`.
fn list<T: PartialEq>(given: &str, word: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    if given.trim() == "none" {
        return Some(Vec::new());
    }
    let mut values = Vec::new();
    for part in given.split(',') {
        let value = word(part.trim())?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Some(values)
}

fn digits(given: &str) -> Option<&str> {
    given
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(given)
}

fn within_a_day(time: Duration) -> Option<Duration> {
    (time > Duration::ZERO && time <= DAY).then_some(time)
}

fn is_level(word: &str) -> bool {
    const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "off"];
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word))
}
