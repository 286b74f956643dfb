//! From what was given to what holds, section by section.

use std::time::Duration;

use super::error::ConfigError;
use super::given::{Entry, Layer};
use super::lookup::{Features, Resolver};
use super::otlp::{LOGS, METRICS, TRACES};
use super::sections::ATTRIBUTES;
use super::values::{MetricsExporter, Sampler};
use super::{
    Config, Health, Logging, Logs, Metrics, Poll, Prometheus, Sentry, Service, Traces, parse,
};

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

impl Resolver<'_> {
    fn config(mut self) -> Result<Config, ConfigError> {
        let disabled = self.get("disabled", parse::flag)?;
        if disabled {
            self.switch_off()?;
        }
        let prometheus = self.prometheus()?;
        let traces = self.traces()?;
        let metrics = self.metrics(prometheus.enabled)?;
        let logs = self.logs()?;
        Ok(Config {
            service: self.service()?,
            environment: self.optional("deployment.environment.name", parse::text)?,
            resource_attributes: self.pairs(ATTRIBUTES)?,
            otlp: self.otlp(traces.exporter, &metrics, logs.exporter)?,
            sentry: self.sentry()?,
            logging: self.logging()?,
            propagators: self.get("propagators", parse::propagators)?,
            health: self.health()?,
            poll: self.poll()?,
            disabled,
            prometheus,
            traces,
            metrics,
            logs,
            listing: self.listing(),
            warnings: self.warnings,
        })
    }

    /// Overrules what would leave the process, once it is checked.
    fn switch_off(&mut self) -> Result<(), ConfigError> {
        self.get("prometheus.enabled", parse::flag)?;
        self.optional("traces.exporter", parse::traces_exporter)?;
        self.get("traces.sampler", |name| parse::sampler(name, 1.0))?;
        self.optional("metrics.exporter", parse::metrics_exporters)?;
        self.optional("logs.exporter", parse::logs_exporter)?;
        for flag in ["sentry.enabled", "metrics.process", "metrics.runtime"] {
            self.get(flag, parse::flag)?;
        }
        let origin = self.origin("disabled");
        for (key, value) in [
            ("prometheus.enabled", "false"),
            ("traces.exporter", "none"),
            ("traces.sampler", "always_off"),
            ("metrics.exporter", "none"),
            ("logs.exporter", "none"),
            ("sentry.enabled", "false"),
            ("metrics.process", "false"),
            ("metrics.runtime", "false"),
        ] {
            self.given.insert(key, Entry::text(value, origin.clone()));
        }
        Ok(())
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
            dsn: self.optional("sentry.dsn", parse::dsn)?,
            environment: self.optional("sentry.environment", parse::text)?,
            sample_rate: self.get("sentry.sample_rate", parse::ratio)?,
        };
        if sentry.enabled {
            self.need("sentry.enabled", "sentry")?;
            let dsn = self.get("sentry.dsn", parse::dsn)?;
            if dsn.expose().starts_with("https:") {
                self.need("sentry.dsn", "tls")?;
            }
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

    fn health(&self) -> Result<Health, ConfigError> {
        Ok(Health {
            timeout: self.time("health.timeout")?,
            refresh: self.get("health.refresh", parse::pause)?,
            max_age: self.get("health.max_age", parse::pause)?,
            grace: self.get("health.grace", parse::pause)?,
            lnmarkets_url: self.endpoint("health.lnmarkets_url")?,
            lnmarkets_accept: self.get("health.lnmarkets_accept", parse::statuses)?,
        })
    }

    fn poll(&self) -> Result<Poll, ConfigError> {
        Ok(Poll {
            timeout: self.time("poll.timeout")?,
            users_table: self.get("poll.users_table", parse::table)?,
            users_column: self.get("poll.users_column", parse::text)?,
        })
    }

    fn traces(&mut self) -> Result<Traces, ConfigError> {
        let exporter = if self.has_endpoint(&TRACES) {
            "otlp"
        } else {
            "none"
        };
        self.fall_back("traces.exporter", exporter);
        let (queue_size, batch_size) = self.queue("traces.queue_size", "traces.batch_size")?;
        Ok(Traces {
            exporter: self.get("traces.exporter", parse::traces_exporter)?,
            level: self.get("traces.level", parse::targets)?,
            sampler: self.sampler()?,
            trust_incoming_sampling: self.get("traces.trust_incoming_sampling", parse::flag)?,
            queue_size,
            batch_size,
            schedule_delay: self.time("traces.schedule_delay")?,
            export_timeout: self.time("traces.export_timeout")?,
            attribute_count_limit: self.get("traces.attribute_count_limit", parse::limit)?,
            event_count_limit: self.get("traces.event_count_limit", parse::limit)?,
            link_count_limit: self.get("traces.link_count_limit", parse::limit)?,
        })
    }

    /// The sizes of a queue and of its batches.
    fn queue(
        &mut self,
        queue: &'static str,
        batch: &'static str,
    ) -> Result<(usize, usize), ConfigError> {
        let queue_size = self.get(queue, parse::count)?;
        self.fall_back(batch, queue_size.min(512).to_string());
        let fits = |text: &str| parse::count(text).filter(|size| *size <= queue_size);
        Ok((queue_size, self.get(batch, fits)?))
    }

    fn logs(&mut self) -> Result<Logs, ConfigError> {
        let exporter = if self.has_own_endpoint(&LOGS) {
            "otlp"
        } else {
            "none"
        };
        self.fall_back("logs.exporter", exporter);
        let (queue_size, batch_size) = self.queue("logs.queue_size", "logs.batch_size")?;
        Ok(Logs {
            exporter: self.get("logs.exporter", parse::logs_exporter)?,
            queue_size,
            batch_size,
            schedule_delay: self.time("logs.schedule_delay")?,
            export_timeout: self.time("logs.export_timeout")?,
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
            process: self.get("metrics.process", parse::flag)?,
            runtime: self.get("metrics.runtime", parse::flag)?,
        };
        for (key, is_on) in [
            ("metrics.process", metrics.process),
            ("metrics.runtime", metrics.runtime),
        ] {
            if is_on {
                self.need(key, "runtime")?;
            }
        }
        if given && !exposition && metrics.exporters.contains(&MetricsExporter::Prometheus) {
            self.warn("`metrics.exporter` names `prometheus`, but `prometheus.enabled` is `false`: there is no exposition");
        }
        if metrics.push() {
            self.warn_of_the_push(&metrics, exposition);
        }
        Ok(metrics)
    }

    fn warn_of_the_push(&mut self, metrics: &Metrics, exposition: bool) {
        if !exposition {
            self.warn(
                "`prometheus.enabled` is `false`: no HTTP series is recorded, so none is pushed",
            );
        }
        if metrics.interval >= COLLECTOR_FORGETS {
            self.warn("`metrics.interval` is 30 s or more: the Collector forgets a service it has not heard of for 30 s");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Origin, sources};

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
    fn a_certificate_needs_the_feature_tls_before_its_file() {
        let certificate = ("otlp.certificate", "missing.pem");
        let expected = "`otlp.certificate` from code is `missing.pem`, which needs the crate feature `tls`, absent from this build";
        assert_eq!(
            refused(&[certificate], &[("grpc", true)]).as_deref(),
            Some(expected)
        );
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
