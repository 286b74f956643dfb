//! From what was given to what holds: defaults, inheritance, checks.

use std::time::Duration;

use super::error::{ConfigError, Origin};
use super::sections::{ATTRIBUTES, Fallback, SETTINGS};
use super::sources::{Entry, Layer, Raw};
use super::values::{Protocol, Sampler, Secret, TracesExporter};
use super::{
    Config, Health, Line, Logging, Metrics, MetricsExporter, Otlp, OtlpSignals, Prometheus, Sentry,
    Service, Traces, parse,
};

/// The features settings may need, and whether a build has them.
pub(super) type Features = [(&'static str, bool)];

/// The features of this build.
pub(super) const COMPILED: &Features = &[
    ("grpc", cfg!(feature = "grpc")),
    ("http", cfg!(feature = "http")),
    ("tls", cfg!(feature = "tls")),
    ("sentry", false), // does not exist yet
];

/// From here on a Collector as ours forgets a service between two pushes.
const COLLECTOR_FORGETS: Duration = Duration::from_secs(30);

/// The configuration that follows from what was given.
pub(super) fn config(
    given: Layer,
    warnings: Vec<String>,
    features: &Features,
) -> Result<Config, ConfigError> {
    let mut resolver = Resolver {
        given,
        warnings,
        features,
    };
    resolver.add_defaults();
    resolver.config()
}

struct Resolver<'a> {
    given: Layer,
    warnings: Vec<String>,
    features: &'a Features,
}

/// The keys of OTLP, general or of one signal.
struct OtlpKeys {
    endpoint: &'static str,
    protocol: &'static str,
    headers: &'static str,
    timeout: &'static str,
    compression: &'static str,
    path: &'static str,
}

const GENERAL: OtlpKeys = OtlpKeys {
    endpoint: "otlp.endpoint",
    protocol: "otlp.protocol",
    headers: "otlp.headers",
    timeout: "otlp.timeout",
    compression: "otlp.compression",
    path: "",
};

const TRACES: OtlpKeys = OtlpKeys {
    endpoint: "otlp.traces.endpoint",
    protocol: "otlp.traces.protocol",
    headers: "otlp.traces.headers",
    timeout: "otlp.traces.timeout",
    compression: "otlp.traces.compression",
    path: "v1/traces",
};

const METRICS: OtlpKeys = OtlpKeys {
    endpoint: "otlp.metrics.endpoint",
    protocol: "otlp.metrics.protocol",
    headers: "otlp.metrics.headers",
    timeout: "otlp.metrics.timeout",
    compression: "otlp.metrics.compression",
    path: "v1/metrics",
};

/// The sections.
impl Resolver<'_> {
    fn config(mut self) -> Result<Config, ConfigError> {
        self.get("logs.exporter", parse::no_exporter)?;
        let prometheus = self.prometheus()?;
        let traces = self.traces()?;
        let metrics = self.metrics(prometheus.enabled)?;
        Ok(Config {
            service: self.service()?,
            environment: self.optional("deployment.environment.name", parse::text)?,
            resource_attributes: self.pairs(ATTRIBUTES)?,
            otlp: self.otlp(traces.exporter, &metrics)?,
            sentry: self.sentry()?,
            logging: self.logging()?,
            propagators: self.get("propagators", parse::propagators)?,
            health: Health {
                timeout: self.time("health.timeout")?,
            },
            disabled: self.get("disabled", parse::flag)?,
            prometheus,
            traces,
            metrics,
            listing: self.listing(),
            warnings: self.warnings,
        })
    }

    fn service(&mut self) -> Result<Service, ConfigError> {
        self.fall_back("service.instance_id", uuid::Uuid::new_v4().to_string());
        let service = Service {
            name: self.get("service.name", parse::text)?,
            version: self.optional("service.version", parse::text)?,
            instance_id: self.get("service.instance_id", parse::text)?,
            namespace: self.optional("service.namespace", parse::text)?,
        };
        if let Some(namespace) = &service.namespace {
            let name = &service.name;
            self.warnings.push(format!(
                "`service.namespace` changes `job` from `{name}` to `{namespace}/{name}`: rules and dashboards that ask for `{name}` no longer match"
            ));
        }
        Ok(service)
    }

    fn prometheus(&self) -> Result<Prometheus, ConfigError> {
        Ok(Prometheus {
            enabled: self.get("prometheus.enabled", parse::flag)?,
            port: self.get("prometheus.port", parse::port)?,
            path: self.get("prometheus.path", parse::http_path)?,
        })
    }

    fn sentry(&mut self) -> Result<Sentry, ConfigError> {
        self.inherit("deployment.environment.name", "sentry.environment");
        let sentry = Sentry {
            enabled: self.get("sentry.enabled", parse::flag)?,
            dsn: self.optional("sentry.dsn", parse::secret)?,
            environment: self.optional("sentry.environment", parse::text)?,
        };
        if sentry.enabled {
            self.need("sentry.enabled", "sentry")?;
        }
        Ok(sentry)
    }

    fn logging(&self) -> Result<Logging, ConfigError> {
        let key = "logging.level";
        let level = if self.comes_from(key, |variable| variable == "RUST_LOG") {
            self.get(key, parse::rust_log)?
        } else {
            self.get(key, parse::filter)?
        };
        Ok(Logging {
            level,
            format: self.get("logging.format", parse::log_format)?,
        })
    }

    fn traces(&mut self) -> Result<Traces, ConfigError> {
        let exporter = if self.has_endpoint(&TRACES) {
            "otlp"
        } else {
            "none"
        };
        self.fall_back("traces.exporter", exporter);
        let queue_size = self.get("traces.queue_size", parse::count)?;
        self.fall_back("traces.batch_size", queue_size.min(512).to_string());
        let fits = |text: &str| parse::count(text).filter(|size| *size <= queue_size);
        Ok(Traces {
            exporter: self.get("traces.exporter", parse::traces_exporter)?,
            sampler: self.sampler()?,
            queue_size,
            batch_size: self.get("traces.batch_size", fits)?,
            schedule_delay: self.time("traces.schedule_delay")?,
            export_timeout: self.time("traces.export_timeout")?,
        })
    }

    fn sampler(&mut self) -> Result<Sampler, ConfigError> {
        let share = self.optional("traces.sampler_arg", parse::ratio)?;
        let named = |name: &str| parse::sampler(name, share.unwrap_or(1.0));
        let sampler = self.get("traces.sampler", named)?;
        let takes_share = matches!(
            sampler,
            Sampler::TraceIdRatio(_) | Sampler::ParentBasedTraceIdRatio(_)
        );
        if share.is_some() && !takes_share {
            self.warn(
                "`traces.sampler_arg` has no effect: only the `…traceidratio` samplers take one",
            );
        }
        Ok(sampler)
    }

    fn metrics(&mut self, exposition: bool) -> Result<Metrics, ConfigError> {
        let exporter = if self.has_endpoint(&METRICS) {
            "otlp"
        } else {
            "prometheus"
        };
        let given = self.given.get("metrics.exporter").is_some();
        self.fall_back("metrics.exporter", exporter);
        let metrics = Metrics {
            exporters: self.get("metrics.exporter", parse::metrics_exporters)?,
            interval: self.time("metrics.interval")?,
            timeout: self.time("metrics.timeout")?,
            series_bound: self.get("metrics.series_bound", parse::count)?,
        };
        let asked = given && metrics.exporters.contains(&MetricsExporter::Prometheus);
        if asked && !exposition {
            self.warn("`metrics.exporter` names `prometheus`, but `prometheus.enabled` is `false`: there is no exposition");
        }
        if metrics.push() && metrics.interval >= COLLECTOR_FORGETS {
            self.warn("`metrics.interval` is 30 s or more: the Collector forgets a service it has not heard of for 30 s");
        }
        Ok(metrics)
    }

    fn otlp(
        &mut self,
        exporter: TracesExporter,
        metrics: &Metrics,
    ) -> Result<OtlpSignals, ConfigError> {
        self.check_general()?;
        Ok(OtlpSignals {
            traces: self.otlp_signal(&TRACES, exporter == TracesExporter::Otlp)?,
            metrics: self.otlp_signal(&METRICS, metrics.push())?,
        })
    }

    /// Before signals inherit, so that an error names the general key.
    fn check_general(&self) -> Result<(), ConfigError> {
        self.optional(GENERAL.endpoint, parse::endpoint)?;
        self.get(GENERAL.protocol, parse::protocol)?;
        self.headers(GENERAL.headers)?;
        self.time(GENERAL.timeout)?;
        self.get(GENERAL.compression, parse::compression)?;
        Ok(())
    }

    fn otlp_signal(&mut self, keys: &OtlpKeys, used: bool) -> Result<Otlp, ConfigError> {
        self.inherit(GENERAL.protocol, keys.protocol);
        self.inherit(GENERAL.headers, keys.headers);
        self.inherit(GENERAL.timeout, keys.timeout);
        self.inherit(GENERAL.compression, keys.compression);
        let protocol = self.get(keys.protocol, parse::protocol)?;
        self.inherit_endpoint(keys, protocol);
        let otlp = Otlp {
            endpoint: self.endpoint(keys.endpoint)?,
            protocol,
            headers: self.headers(keys.headers)?,
            timeout: self.time(keys.timeout)?,
            compression: self.get(keys.compression, parse::compression)?,
        };
        if used || self.is_given(keys.protocol) {
            self.need(keys.protocol, feature_of(protocol))?;
        }
        if is_tls(&otlp.endpoint) {
            self.need(keys.endpoint, "tls")?;
        }
        Ok(otlp)
    }

    /// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>
    fn inherit_endpoint(&mut self, keys: &OtlpKeys, protocol: Protocol) {
        if self.given.get(keys.endpoint).is_some() {
            return;
        }
        let local = || Entry::text(local(protocol), Origin::Default);
        let mut entry = self
            .given
            .get(GENERAL.endpoint)
            .cloned()
            .unwrap_or_else(local);
        if let (Protocol::HttpProtobuf, Raw::Text(text)) = (protocol, &mut entry.raw) {
            *text = format!("{}/{}", text.trim_end_matches('/'), keys.path);
        }
        self.given.insert(keys.endpoint, entry);
    }
}

fn is_tls(endpoint: &str) -> bool {
    let scheme = endpoint.split(':').next();
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

fn local(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "http://localhost:4317",
        Protocol::HttpProtobuf => "http://localhost:4318",
    }
}

fn feature_of(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "grpc",
        Protocol::HttpProtobuf => "http",
    }
}

/// Single values.
impl Resolver<'_> {
    fn add_defaults(&mut self) {
        for setting in SETTINGS {
            if let Fallback::Is(value) = setting.fallback {
                self.fall_back(setting.key, value);
            }
        }
    }

    fn fall_back(&mut self, key: &'static str, value: impl Into<String>) {
        if self.given.get(key).is_none() {
            self.given.insert(key, Entry::text(value, Origin::Default));
        }
    }

    fn inherit(&mut self, from: &'static str, to: &'static str) {
        if let (Some(entry), None) = (self.given.get(from), self.given.get(to)) {
            self.given.insert(to, entry.clone());
        }
    }

    fn optional<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(entry) = self.given.get(key) else {
            return Ok(None);
        };
        let Raw::Text(text) = &entry.raw else {
            return Err(entry.refused(key));
        };
        parse(text).map(Some).ok_or_else(|| entry.refused(key))
    }

    /// The value of a setting that always has one.
    fn get<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let none = || Entry::text("", Origin::Default).refused(key);
        self.optional(key, parse)?.ok_or_else(none)
    }

    /// `OTEL_` variables have milliseconds and nothing else.
    fn time(&self, key: &'static str) -> Result<Duration, ConfigError> {
        if self.comes_from(key, |variable| variable.starts_with("OTEL_")) {
            return self.get(key, parse::milliseconds);
        }
        self.get(key, parse::time)
    }

    fn endpoint(&self, key: &'static str) -> Result<String, ConfigError> {
        self.get(key, |text| parse::endpoint(text).map(|_| text.to_owned()))
    }

    fn pairs(&self, key: &'static str) -> Result<Vec<(String, String)>, ConfigError> {
        let entry = self.given.get(key);
        entry.map_or_else(|| Ok(Vec::new()), |entry| entry.pairs(key))
    }

    fn headers(&self, key: &'static str) -> Result<Vec<(String, Secret)>, ConfigError> {
        let Some(entry) = self.given.get(key) else {
            return Ok(Vec::new());
        };
        parse::headers(entry.pairs(key)?).ok_or_else(|| entry.refused(key))
    }

    fn has_endpoint(&self, keys: &OtlpKeys) -> bool {
        self.is_given(GENERAL.endpoint) || self.is_given(keys.endpoint)
    }

    fn is_given(&self, key: &str) -> bool {
        let entry = self.given.get(key);
        entry.is_some_and(|entry| entry.origin != Origin::Default)
    }

    fn comes_from(&self, key: &str, variable: impl FnOnce(&str) -> bool) -> bool {
        match self.given.get(key).map(|entry| &entry.origin) {
            Some(Origin::Environment(name)) => variable(name),
            _ => false,
        }
    }

    fn need(&self, key: &'static str, feature: &'static str) -> Result<(), ConfigError> {
        if self.features.contains(&(feature, true)) {
            return Ok(());
        }
        let line = self.line(key);
        let (given, origin) = line.map_or_else(
            || (String::new(), Origin::Default),
            |line| (line.value, line.origin),
        );
        Err(ConfigError::MissingFeature {
            key,
            origin,
            given,
            feature,
        })
    }

    fn warn(&mut self, warning: &str) {
        self.warnings.push(warning.to_owned());
    }

    fn listing(&self) -> Vec<Line> {
        let keys = SETTINGS.iter().map(|setting| setting.key);
        keys.filter_map(|key| self.line(key)).collect()
    }

    fn line(&self, key: &'static str) -> Option<Line> {
        let setting = SETTINGS.iter().find(|setting| setting.key == key)?;
        let entry = self.given.get(key)?;
        Some(Line {
            key,
            value: entry.masked(setting.kind),
            origin: entry.origin.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sources;

    fn refused(code: &[(&str, &str)], features: &Features) -> Option<String> {
        let owned = code
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let mut given = Layer::default();
        given.insert("service.name", Entry::text("a", Origin::Code));
        given.cover(sources::code(&owned.collect::<Vec<_>>()).unwrap());
        let error = config(given, Vec::new(), features).err()?;
        Some(error.to_string())
    }

    #[test]
    fn a_build_without_exporters_is_content_as_long_as_nothing_is_sent() {
        assert_eq!(refused(&[], &[]), None);
    }

    #[test]
    fn a_protocol_in_use_needs_its_feature() {
        let endpoint = ("otlp.endpoint", "http://collector:4317");
        let expected = "`otlp.traces.protocol` from default is `grpc`, which needs the crate feature `grpc`, absent from this build";
        assert_eq!(
            refused(&[endpoint], &[("http", true)]).as_deref(),
            Some(expected)
        );
        assert_eq!(refused(&[endpoint], &[("grpc", true)]), None);
    }

    #[test]
    fn a_protocol_asked_for_needs_its_feature_even_out_of_use() {
        let protocol = ("otlp.protocol", "http/protobuf");
        let error = refused(&[protocol], &[("grpc", true)]).unwrap();
        assert!(error.contains("feature `http`"), "{error}");
        assert_eq!(refused(&[protocol], &[("http", true)]), None);
    }

    #[test]
    fn https_needs_the_feature_tls() {
        for scheme in ["https", "HTTPS"] {
            let endpoint = format!("{scheme}://collector:4317");
            let code = [("otlp.metrics.endpoint", endpoint.as_str())];
            let error = refused(&code, &[("grpc", true)]).unwrap();
            assert!(error.contains("feature `tls`"), "{error}");
            assert_eq!(refused(&code, &[("grpc", true), ("tls", true)]), None);
        }
    }

    #[test]
    fn over_http_a_general_endpoint_gets_the_signals_path_and_an_own_one_is_left_as_it_is() {
        let endpoints = |endpoint: &str| {
            let mut given = Layer::default();
            for (key, value) in [
                ("service.name", "a"),
                ("otlp.protocol", "http/protobuf"),
                ("otlp.endpoint", endpoint),
                ("otlp.metrics.endpoint", "http://metrics/own/"),
            ] {
                given.insert(key, Entry::text(value, Origin::Code));
            }
            let config = config(given, Vec::new(), &[("http", true)]).unwrap();
            (config.otlp.traces.endpoint, config.otlp.metrics.endpoint)
        };
        let metrics = "http://metrics/own/".to_owned();
        let at = |traces: &str| (traces.to_owned(), metrics.clone());
        assert_eq!(
            endpoints("http://collector:4318"),
            at("http://collector:4318/v1/traces")
        );
        assert_eq!(
            endpoints("http://collector/otlp/"),
            at("http://collector/otlp/v1/traces")
        );
    }
}
