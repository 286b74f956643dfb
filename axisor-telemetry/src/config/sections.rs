//! Every setting: key, environment variables, default, meaning. Nothing else lists them.

use std::fmt::Write as _;

/// The variable that names the configuration file.
pub(super) const FILE_VARIABLE: &str = "AXISOR_TELEMETRY_CONFIG";

/// The setting with resource attributes, some of which are settings of their own.
pub(super) const ATTRIBUTES: &str = "resource.attributes";

/// One setting.
#[derive(Debug)]
pub(super) struct Setting {
    /// Its name in code and in the file, with its sections.
    pub(super) key: &'static str,
    /// The variables that set it; the first that is not empty has its way.
    pub(super) variables: &'static [&'static str],
    pub(super) fallback: Fallback,
    pub(super) kind: Kind,
    pub(super) meaning: &'static str,
    /// The resource attribute it is, for `OTEL_RESOURCE_ATTRIBUTES`.
    pub(super) attribute: Option<&'static str>,
}

/// What holds when nobody gives a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fallback {
    /// This value.
    Is(&'static str),
    /// A value that depends on others, in words.
    Derived(&'static str),
    /// No value.
    Unset,
}

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Secret.
    Dsn,
    Flag,
    Count,
    /// A count that may be 0.
    Limit,
    /// A count bounded by another setting, in these words.
    Batch(&'static str),
    Port,
    HttpPath,
    Time,
    /// A time that may be 0.
    Pause,
    Table,
    Statuses,
    Ratio,
    Endpoint,
    Certificate,
    Filter,
    /// Directives without spans and fields.
    Targets,
    /// One of these words.
    Choice(&'static str),
    /// Several of these words.
    List(&'static str),
    Attributes,
    /// Names in the open, values secret.
    Headers,
}

impl Kind {
    /// The end of "expected …".
    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::Text => "text that is not empty",
            Self::Dsn => "a Sentry DSN such as `https://key@sentry.example/1`",
            Self::Flag => "`true` or `false`",
            Self::Count => "a whole number from 1 to 1000000",
            Self::Limit => "a whole number from 0 to 1000000",
            Self::Port => "a port from 0 to 65535",
            Self::HttpPath => {
                "a path other than `/health`, `/livez` and `/readyz` that begins with `/`, of letters, digits, `/`, `-`, `_`, `.` and `~`"
            }
            Self::Time => {
                "a time above 0 and up to a day, in whole milliseconds or (not in OTEL_ variables) like `250ms` or `5s`"
            }
            Self::Pause => {
                "0 or a time of up to a day, in whole milliseconds or like `250ms` or `5s`"
            }
            Self::Table => "a table's name, or `schema.table`",
            Self::Statuses => {
                "HTTP statuses from 100 to 599 and classes such as `2xx`, separated by commas"
            }
            Self::Ratio => "a number from 0 to 1",
            Self::Endpoint => {
                "a URL that begins with `http://` or `https://`, such as `http://localhost:4317`, without user, query or fragment"
            }
            Self::Certificate => "the path of a readable file with PEM certificates",
            Self::Filter => {
                "`trace`, `debug`, `info`, `warn`, `error`, `off` or directives such as `info,sqlx=warn`"
            }
            Self::Targets => {
                "`trace`, `debug`, `info`, `warn`, `error`, `off` or directives `target=level` such as `info,sqlx=off`"
            }
            Self::Batch(words) | Self::Choice(words) | Self::List(words) => words,
            Self::Attributes => "`name=value` pairs separated by commas, values percent-encoded",
            Self::Headers => {
                "`name=value` pairs separated by commas, values percent-encoded, valid as HTTP headers, with gRPC no name that ends in `-bin`"
            }
        }
    }
}

const fn setting(
    key: &'static str,
    variables: &'static [&'static str],
    fallback: Fallback,
    kind: Kind,
    meaning: &'static str,
) -> Setting {
    Setting {
        key,
        variables,
        fallback,
        kind,
        meaning,
        attribute: None,
    }
}

const fn attribute(
    name: &'static str,
    key: &'static str,
    variables: &'static [&'static str],
    fallback: Fallback,
    meaning: &'static str,
) -> Setting {
    Setting {
        key,
        variables,
        fallback,
        kind: Kind::Text,
        meaning,
        attribute: Some(name),
    }
}

use Fallback::{Derived, Is, Unset};

const PROTOCOL: Kind = Kind::Choice("`grpc` or `http/protobuf`");
const COMPRESSION: Kind = Kind::Choice("`none` or `gzip`");
const SAMPLER: Kind = Kind::Choice(
    "`always_on`, `always_off`, `traceidratio`, `parentbased_always_on`, `parentbased_always_off` or `parentbased_traceidratio`",
);

/// The table.
#[rustfmt::skip]
pub(super) static SETTINGS: &[Setting] = &[
    attribute("service.name", "service.name", &["OTEL_SERVICE_NAME"], Derived("the builder's name"),
        "The service, Prometheus' `job`. The builder's name is what the program calls itself; variable, file and `set` go before it."),
    attribute("service.version", "service.version", &[], Unset,
        "The version of the program."),
    attribute("service.instance.id", "service.instance_id", &[], Derived("a random UUID"),
        "This process, Prometheus' `instance`. Two processes must never share it: their series would overwrite each other."),
    attribute("service.namespace", "service.namespace", &[], Unset,
        "A namespace. It changes `job` to `namespace/name`, so rules and dashboards that ask for the name no longer match."),
    attribute("deployment.environment.name", "deployment.environment.name", &[], Unset,
        "The deployment, such as `production` or `staging`."),
    setting(ATTRIBUTES, &["OTEL_RESOURCE_ATTRIBUTES"], Unset, Kind::Attributes,
        "Further resource attributes; in the file a table of texts. The five above may stand here too, their own setting going first."),

    setting("prometheus.enabled", &["AXISOR_PROMETHEUS_ENABLED"], Is("true"), Kind::Flag,
        "Whether the in-process exposition is there, also beside OTLP. `false` counts no HTTP requests either, as in the original: the HTTP series are not pushed."),
    setting("prometheus.port", &["AXISOR_PROMETHEUS_PORT"], Is("3010"), Kind::Port,
        "The port of the small server for workers; 0 lets the system choose."),
    setting("prometheus.path", &["AXISOR_PROMETHEUS_PATH"], Is("/metrics"), Kind::HttpPath,
        "The path of the exposition."),

    setting("sentry.enabled", &["AXISOR_SENTRY_ENABLED"], Is("false"), Kind::Flag,
        "Whether errors go to Sentry; needs the feature `sentry`."),
    setting("sentry.dsn", &["AXISOR_SENTRY_DSN"], Unset, Kind::Dsn,
        "Where they go. Secret. `https://` needs the feature `tls`."),
    setting("sentry.environment", &["AXISOR_SENTRY_ENVIRONMENT"], Derived("`deployment.environment.name`"), Kind::Text,
        "Sentry's environment."),
    setting("sentry.sample_rate", &["AXISOR_SENTRY_SAMPLE_RATE"], Is("1"), Kind::Ratio,
        "The share of errors that is sent. Traces have a sampler of their own and do not go to Sentry."),

    setting("logging.level", &["RUST_LOG", "AXISOR_LOGGING_LEVEL"], Is("info"), Kind::Filter,
        "The least level logged, or directives."),
    setting("logging.format", &["AXISOR_LOGGING_FORMAT"], Is("json"), Kind::Choice("`json` or `pretty`"),
        "How a line looks."),

    setting("otlp.endpoint", &["OTEL_EXPORTER_OTLP_ENDPOINT"], Derived("`http://localhost:4317`, with HTTP `http://localhost:4318`"), Kind::Endpoint,
        "The Collector, for all signals. With HTTP `/v1/traces`, `/v1/metrics` or `/v1/logs` is appended. `https://` needs the feature `tls`. Like every general setting it gives way to the signal's own, wherever either stands."),
    setting("otlp.protocol", &["OTEL_EXPORTER_OTLP_PROTOCOL"], Is("grpc"), PROTOCOL,
        "The protocol; needs the feature `grpc` or `http`."),
    setting("otlp.headers", &["OTEL_EXPORTER_OTLP_HEADERS"], Unset, Kind::Headers,
        "Headers of every request; in the file a table of texts. Values are secret."),
    setting("otlp.timeout", &["OTEL_EXPORTER_OTLP_TIMEOUT"], Is("10s"), Kind::Time,
        "How long one try may take."),
    setting("otlp.compression", &["OTEL_EXPORTER_OTLP_COMPRESSION"], Is("none"), COMPRESSION,
        "How bodies are compressed."),
    setting("otlp.certificate", &["OTEL_EXPORTER_OTLP_CERTIFICATE"], Derived("the system's root certificates, or those of `SSL_CERT_FILE`"), Kind::Certificate,
        "The root certificates one of which must have signed an `https://` Collector's. Needs the feature `tls`."),

    setting("otlp.traces.endpoint", &["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], Derived("from `otlp.endpoint`"), Kind::Endpoint,
        "The whole URL for spans; nothing is appended."),
    setting("otlp.traces.protocol", &["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"], Derived("`otlp.protocol`"), PROTOCOL,
        "For spans."),
    setting("otlp.traces.headers", &["OTEL_EXPORTER_OTLP_TRACES_HEADERS"], Derived("`otlp.headers`"), Kind::Headers,
        "For spans, in place of the general ones."),
    setting("otlp.traces.timeout", &["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"], Derived("`otlp.timeout`"), Kind::Time,
        "For spans."),
    setting("otlp.traces.compression", &["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION"], Derived("`otlp.compression`"), COMPRESSION,
        "For spans."),
    setting("otlp.traces.certificate", &["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"], Derived("`otlp.certificate`"), Kind::Certificate,
        "For spans."),

    setting("otlp.metrics.endpoint", &["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"], Derived("from `otlp.endpoint`"), Kind::Endpoint,
        "The whole URL for metrics; nothing is appended."),
    setting("otlp.metrics.protocol", &["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"], Derived("`otlp.protocol`"), PROTOCOL,
        "For metrics."),
    setting("otlp.metrics.headers", &["OTEL_EXPORTER_OTLP_METRICS_HEADERS"], Derived("`otlp.headers`"), Kind::Headers,
        "For metrics, in place of the general ones."),
    setting("otlp.metrics.timeout", &["OTEL_EXPORTER_OTLP_METRICS_TIMEOUT"], Derived("`otlp.timeout`"), Kind::Time,
        "For metrics."),
    setting("otlp.metrics.compression", &["OTEL_EXPORTER_OTLP_METRICS_COMPRESSION"], Derived("`otlp.compression`"), COMPRESSION,
        "For metrics."),
    setting("otlp.metrics.certificate", &["OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE"], Derived("`otlp.certificate`"), Kind::Certificate,
        "For metrics."),

    setting("otlp.logs.endpoint", &["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"], Derived("from `otlp.endpoint`"), Kind::Endpoint,
        "The whole URL for logs; nothing is appended."),
    setting("otlp.logs.protocol", &["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL"], Derived("`otlp.protocol`"), PROTOCOL,
        "For logs."),
    setting("otlp.logs.headers", &["OTEL_EXPORTER_OTLP_LOGS_HEADERS"], Derived("`otlp.headers`"), Kind::Headers,
        "For logs, in place of the general ones."),
    setting("otlp.logs.timeout", &["OTEL_EXPORTER_OTLP_LOGS_TIMEOUT"], Derived("`otlp.timeout`"), Kind::Time,
        "For logs."),
    setting("otlp.logs.compression", &["OTEL_EXPORTER_OTLP_LOGS_COMPRESSION"], Derived("`otlp.compression`"), COMPRESSION,
        "For logs."),
    setting("otlp.logs.certificate", &["OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE"], Derived("`otlp.certificate`"), Kind::Certificate,
        "For logs."),

    setting("traces.exporter", &["OTEL_TRACES_EXPORTER"], Derived("`otlp` once an endpoint for spans is given, else `none`"), Kind::Choice("`otlp`, `console` or `none`"),
        "Where spans go."),
    setting("traces.level", &["AXISOR_TRACES_LEVEL"], Is("info"), Kind::Targets,
        "Which spans are made: those of annotated functions and of `tracing` whose level is at least this, for all targets or by directives. A call without a span counts all the same."),
    setting("traces.sampler", &["OTEL_TRACES_SAMPLER"], Is("parentbased_always_on"), SAMPLER,
        "Which traces are recorded."),
    setting("traces.sampler_arg", &["OTEL_TRACES_SAMPLER_ARG"], Unset, Kind::Ratio,
        "The share of traces a `…traceidratio` sampler records; 1 unless given."),
    setting("traces.trust_incoming_sampling", &["AXISOR_TRACES_TRUST_INCOMING_SAMPLING"], Is("false"), Kind::Flag,
        "Whether a `parentbased_…` sampler follows the sampled flag of an incoming request. At the public edge it does not: the request joins the trace it names, and the sampler decides as where one begins. A service that only our own call says `true`, so that traces stay whole. Each layer can be told otherwise."),
    setting("traces.queue_size", &["OTEL_BSP_MAX_QUEUE_SIZE"], Is("2048"), Kind::Count,
        "How many ended spans may wait; what does not fit is dropped and counted."),
    setting("traces.batch_size", &["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"], Derived("512, at most the queue's size"), Kind::Batch("a whole number from 1 to `traces.queue_size`"),
        "The most spans of one request."),
    setting("traces.schedule_delay", &["OTEL_BSP_SCHEDULE_DELAY"], Is("5s"), Kind::Time,
        "How long a batch waits to fill up."),
    setting("traces.export_timeout", &["OTEL_BSP_EXPORT_TIMEOUT"], Is("60s"), Kind::Time,
        "How long one batch is tried again. OpenTelemetry's 30 s leave little after a Collector's restart; with 60 s an outage of 20 s lost no span."),
    setting("traces.attribute_count_limit", &["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"], Is("128"), Kind::Limit,
        "The most attributes of a span; further ones are dropped."),
    setting("traces.event_count_limit", &["OTEL_SPAN_EVENT_COUNT_LIMIT"], Is("128"), Kind::Limit,
        "The most events of a span."),
    setting("traces.link_count_limit", &["OTEL_SPAN_LINK_COUNT_LIMIT"], Is("128"), Kind::Limit,
        "The most links of a span."),

    setting("metrics.exporter", &["OTEL_METRICS_EXPORTER"], Derived("`otlp` once an endpoint for metrics is given, else `prometheus`"), Kind::List("`otlp`, `prometheus`, both separated by a comma, or `none`"),
        "Where metrics go; `prometheus` is the in-process exposition alone, which `prometheus.enabled` governs."),
    setting("metrics.interval", &["OTEL_METRIC_EXPORT_INTERVAL"], Is("10s"), Kind::Time,
        "The pause between two pushes. OpenTelemetry's 60 s is too long for a Collector that forgets a silent service after 30 s."),
    setting("metrics.timeout", &["OTEL_METRIC_EXPORT_TIMEOUT"], Is("30s"), Kind::Time,
        "How long one push may take, all tries together."),
    setting("metrics.series_bound", &["AXISOR_METRICS_SERIES_BOUND"], Is("10000"), Kind::Count,
        "The most series a family may have."),
    setting("metrics.process", &["AXISOR_METRICS_PROCESS"], Is("false"), Kind::Flag,
        "Whether the processor time, memory, threads and open files of the process are measured; needs the feature `runtime`, `init()` and Linux."),
    setting("metrics.runtime", &["AXISOR_METRICS_RUNTIME"], Is("false"), Kind::Flag,
        "Whether the tokio runtime that `init()` is called in is measured: its workers, their load, tasks and queue; needs the feature `runtime`."),

    setting("logs.exporter", &["OTEL_LOGS_EXPORTER"], Derived("`otlp` once `otlp.logs.endpoint` is given, else `none`"), Kind::Choice("`otlp` or `none`"),
        "Where log lines go besides the process's own output, which is always there. A Collector must have a pipeline for logs to take them."),
    setting("logs.queue_size", &["OTEL_BLRP_MAX_QUEUE_SIZE"], Is("2048"), Kind::Count,
        "How many lines may wait; what does not fit is dropped and counted."),
    setting("logs.batch_size", &["OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"], Derived("512, at most the queue's size"), Kind::Batch("a whole number from 1 to `logs.queue_size`"),
        "The most lines of one request."),
    setting("logs.schedule_delay", &["OTEL_BLRP_SCHEDULE_DELAY"], Is("1s"), Kind::Time,
        "How long a batch waits to fill up."),
    setting("logs.export_timeout", &["OTEL_BLRP_EXPORT_TIMEOUT"], Is("60s"), Kind::Time,
        "How long one batch is tried again, as for spans; OpenTelemetry has 30 s."),

    setting("propagators", &["OTEL_PROPAGATORS"], Is("tracecontext,baggage"), Kind::List("`tracecontext`, `baggage`, both separated by a comma, or `none`"),
        "How context travels between processes."),
    setting("health.timeout", &["AXISOR_HEALTH_TIMEOUT"], Is("5s"), Kind::Time,
        "How long one health check may take, unless the check has a limit of its own."),
    setting("health.refresh", &["AXISOR_HEALTH_REFRESH"], Is("10s"), Kind::Pause,
        "The pause between two rounds of the health checks when nobody asks, which keep the gauges true; 0: there are none."),
    setting("health.max_age", &["AXISOR_HEALTH_MAX_AGE"], Is("1s"), Kind::Pause,
        "How old an answer may be that is given again without asking the checks; 0: only those who ask at the same time share one."),
    setting("health.grace", &["AXISOR_HEALTH_GRACE"], Is("0"), Kind::Pause,
        "For how long after the start a check that has not been well yet does not make the service unhealthy. It is not ready before."),
    setting("health.lnmarkets_url", &["AXISOR_HEALTH_LNMARKETS_URL"], Is("https://api.lnmarkets.com/v2/user"), Kind::Endpoint,
        "What the check of LN Markets asks, feature `http-check`; `https://` needs the feature `tls`."),
    setting("health.lnmarkets_accept", &["AXISOR_HEALTH_LNMARKETS_ACCEPT"], Is("2xx"), Kind::Statuses,
        "The statuses that are well. The original asked without credentials and took `2xx` alone; `2xx,401` takes a service that answers."),
    setting("poll.timeout", &["AXISOR_POLL_TIMEOUT"], Is("10s"), Kind::Time,
        "How long one poll of the database may take."),
    setting("poll.users_table", &["AXISOR_POLL_USERS_TABLE"], Is("users"), Kind::Table,
        "The table whose rows are users, exactly as it is spelt; it is quoted."),
    setting("poll.users_column", &["AXISOR_POLL_USERS_COLUMN"], Is("last_activity_at"), Kind::Text,
        "Its column with the time of a user's last activity, a `timestamptz`, or a `timestamp` in UTC as Prisma has it. Exactly as it is spelt; it is quoted."),
    setting("disabled", &["OTEL_SDK_DISABLED"], Is("false"), Kind::Flag,
        "`true` makes no spans and lets nothing leave the process: no exporter, no exposition. Series still count in memory."),
];

/// The setting with this key.
pub(super) fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// Whether settings stand below this key, as in a table of the file.
pub(super) fn is_section(key: &str) -> bool {
    let below = |setting: &Setting| {
        let rest = setting.key.strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    SETTINGS.iter().any(below)
}

/// The setting somebody probably meant.
pub(super) fn nearest_key(given: &str) -> Option<String> {
    let keys = SETTINGS.iter().map(|setting| (setting.key, setting.key));
    nearest(given, keys)
}

/// The variable somebody probably meant. `AXISOR_TRACES_SAMPLER` is near to `OTEL_TRACES_SAMPLER`.
pub(super) fn nearest_variable(given: &str) -> Option<String> {
    let own: Vec<(String, &str)> = SETTINGS
        .iter()
        .filter_map(|setting| Some((own_variable(setting.key), *setting.variables.last()?)))
        .collect();
    let all = SETTINGS.iter().flat_map(|setting| setting.variables);
    let all = all.copied().chain([FILE_VARIABLE]).map(|name| (name, name));
    nearest(
        given,
        own.iter()
            .map(|(own, name)| (own.as_str(), *name))
            .chain(all),
    )
}

/// Whether a variable is in a section of ours, so that it must be one of the table's.
///
/// Not `AXISOR_SERVICE_…`, which Kubernetes sets for a Service called `axisor`, nor `AXISOR_DEPLOYMENT_…`.
pub(super) fn is_ours(variable: &str) -> bool {
    const SECTIONS: [&str; 10] = [
        "PROMETHEUS",
        "SENTRY",
        "LOGGING",
        "OTLP",
        "TRACES",
        "METRICS",
        "LOGS",
        "HEALTH",
        "POLL",
        "TELEMETRY",
    ];
    let Some(rest) = variable.strip_prefix("AXISOR_") else {
        return false;
    };
    let section = rest.split('_').next().unwrap_or(rest);
    rest.len() > section.len() && SECTIONS.contains(&section)
}

/// Whether the table has this variable.
pub(super) fn is_known(variable: &str) -> bool {
    let has = |setting: &Setting| setting.variables.contains(&variable);
    variable == FILE_VARIABLE || SETTINGS.iter().any(has)
}

fn own_variable(key: &str) -> String {
    format!("AXISOR_{}", key.replace('.', "_").to_uppercase())
}

fn nearest<'a>(
    given: &str,
    candidates: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    let distance = |(like, name)| (strsim::damerau_levenshtein(given, like), name);
    let (distance, name) = candidates
        .map(distance)
        .min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= given.len()).then(|| name.to_owned())
}

/// All settings as a table in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut table = String::from("| setting | variable | default | meaning |\n|---|---|---|---|\n");
    for setting in SETTINGS {
        let Setting { key, meaning, .. } = setting;
        let _ = writeln!(
            table,
            "| `{key}` | {} | {} | {meaning} Takes {}. |",
            variables(setting),
            fallback(setting.fallback),
            setting.kind.expected(),
        );
    }
    table
}

fn variables(setting: &Setting) -> String {
    let own = setting.variables.iter().map(|name| format!("`{name}`"));
    let shared = setting
        .attribute
        .map(|name| format!("`{name}` in `OTEL_RESOURCE_ATTRIBUTES`"));
    own.chain(shared).collect::<Vec<_>>().join(", ")
}

fn fallback(fallback: Fallback) -> String {
    match fallback {
        Is(value) => format!("`{value}`"),
        Derived(words) => words.to_owned(),
        Unset => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_and_no_variable_stands_twice() {
        let keys = SETTINGS.iter().map(|setting| setting.key);
        let variables = SETTINGS
            .iter()
            .flat_map(|setting| setting.variables)
            .copied();
        let mut seen = HashSet::new();
        for name in keys.chain(variables) {
            assert!(seen.insert(name), "{name}");
        }
    }

    #[test]
    fn our_own_variables_are_named_after_their_keys_and_in_our_sections() {
        for setting in SETTINGS {
            for variable in setting.variables {
                if variable.starts_with("AXISOR_") {
                    assert_eq!(**variable, own_variable(setting.key));
                    assert!(is_ours(variable), "{variable}");
                }
            }
        }
        assert!(is_ours(FILE_VARIABLE));
    }

    #[test]
    fn no_key_is_also_a_section() {
        for setting in SETTINGS {
            assert!(!is_section(setting.key), "{}", setting.key);
        }
    }
}
