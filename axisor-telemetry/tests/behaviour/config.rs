use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use axisor_telemetry::config::{
    self, Compression, Config, ConfigError, Loader, LogFormat, LogsExporter, MetricsExporter,
    Origin, Propagator, Protocol, Sampler, TracesExporter,
};

fn loader() -> Loader {
    Loader::new("axisor-backend").without_environment()
}

fn with_variables(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    loader().environment(variables.iter().copied()).load()
}

fn set(key: &str, value: &str) -> Result<Config, ConfigError> {
    loader().set(key, value).load()
}

/// A file that lives as long as its directory.
fn file(toml: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("telemetry.toml");
    fs::write(&path, toml).unwrap();
    (directory, path)
}

fn with_file(toml: &str) -> Result<Config, ConfigError> {
    let (_directory, path) = file(toml);
    loader().file(path).load()
}

fn message(result: Result<Config, ConfigError>) -> String {
    result.expect_err("should be refused").to_string()
}

fn line(config: &Config, key: &str) -> Option<(String, Origin)> {
    let mut lines = config.effective();
    let (_, value, origin) = lines.find(|(name, ..)| *name == key)?;
    Some((value.to_owned(), origin.clone()))
}

mod defaults {
    use super::*;

    #[test]
    fn without_any_setting_the_service_works_without_a_collector() {
        let config = loader().load().unwrap();
        assert_eq!(config.service.name, "axisor-backend");
        assert_eq!(config.traces.exporter, TracesExporter::None);
        assert_eq!(config.metrics.exporters, [MetricsExporter::Prometheus]);
        assert!(config.prometheus.enabled && !config.sentry.enabled && !config.disabled);
        assert_eq!(
            (config.prometheus.port, &*config.prometheus.path),
            (3010, "/metrics")
        );
        assert_eq!(
            (&*config.logging.level, config.logging.format),
            ("info", LogFormat::Json)
        );
        assert_eq!(config.metrics.interval, Duration::from_secs(10));
        assert_eq!(config.traces.export_timeout, Duration::from_secs(60));
        assert_eq!(
            (config.traces.queue_size, config.traces.batch_size),
            (2048, 512)
        );
        assert_eq!(config.traces.attribute_count_limit, 128);
        assert_eq!(config.traces.event_count_limit, 128);
        assert_eq!(config.traces.link_count_limit, 128);
        assert_eq!(config.traces.sampler, Sampler::ParentBasedAlwaysOn);
        assert_eq!(
            config.propagators,
            [Propagator::TraceContext, Propagator::Baggage]
        );
        assert_eq!(config.otlp.traces.endpoint, "http://localhost:4317");
        assert_eq!(config.otlp.traces.timeout, Duration::from_secs(10));
        assert_eq!(config.otlp.metrics.protocol, Protocol::Grpc);
        assert_eq!(config.otlp.metrics.compression, Compression::None);
        assert_eq!(config.health.timeout, Duration::from_secs(5));
        assert_eq!(config.warnings(), [""; 0]);
    }

    #[test]
    fn two_processes_have_two_instance_ids() {
        let id = || loader().load().unwrap().service.instance_id;
        assert_ne!(id(), id());
        assert_eq!(id().len(), 36);
    }

    #[test]
    fn an_endpoint_sends_both_signals_there() {
        let config = set("otlp.endpoint", "http://collector:4317").unwrap();
        assert_eq!(config.traces.exporter, TracesExporter::Otlp);
        assert!(config.metrics.push());
        assert!(config.prometheus.enabled);
        assert_eq!(config.otlp.metrics.endpoint, "http://collector:4317");
    }

    #[test]
    fn an_endpoint_for_one_signal_sends_only_that_one() {
        let config = set("otlp.traces.endpoint", "http://collector:4317").unwrap();
        assert_eq!(config.traces.exporter, TracesExporter::Otlp);
        assert!(!config.metrics.push());
    }

    #[test]
    fn a_small_queue_makes_small_batches() {
        let config = set("traces.queue_size", "100").unwrap();
        assert_eq!(config.traces.batch_size, 100);
    }

    #[test]
    fn sentry_is_in_the_deployments_environment() {
        let config = set("deployment.environment.name", "staging").unwrap();
        assert_eq!(config.environment.as_deref(), Some("staging"));
        assert_eq!(config.sentry.environment.as_deref(), Some("staging"));
    }
}

mod precedence {
    use super::*;

    const TOML: &str = "[prometheus]\nport = 1\npath = '/file'\n[metrics]\nseries_bound = 7\n";

    #[test]
    fn code_goes_before_environment_before_file_before_default() {
        let (_directory, path) = file(TOML);
        let config = loader()
            .file(&path)
            .environment([
                ("AXISOR_PROMETHEUS_PORT", "2"),
                ("AXISOR_PROMETHEUS_PATH", "/environment"),
            ])
            .set("prometheus.port", 3)
            .load()
            .unwrap();
        assert_eq!(
            line(&config, "prometheus.port").unwrap(),
            ("3".into(), Origin::Code)
        );
        let variable = Origin::Environment("AXISOR_PROMETHEUS_PATH".into());
        assert_eq!(
            line(&config, "prometheus.path").unwrap(),
            ("/environment".into(), variable)
        );
        let (value, origin) = line(&config, "metrics.series_bound").unwrap();
        assert_eq!(
            (value.as_str(), origin.to_string()),
            ("7", format!("{}:5", path.display()))
        );
        assert_eq!(
            line(&config, "health.timeout").unwrap(),
            ("5s".into(), Origin::Default)
        );
    }

    #[test]
    fn the_builders_name_is_what_remains_when_nobody_else_names_the_service() {
        let named = |loader: Loader| loader.load().unwrap().service.name;
        let by_variable = loader().environment([("OTEL_SERVICE_NAME", "by-variable")]);
        assert_eq!(named(by_variable.clone()), "by-variable");
        assert_eq!(named(by_variable.set("service.name", "by-code")), "by-code");
    }

    #[test]
    fn the_last_value_set_in_code_holds() {
        let config = loader()
            .set("prometheus.port", 1)
            .set("prometheus.port", 2)
            .load()
            .unwrap();
        assert_eq!(config.prometheus.port, 2);
    }

    #[test]
    fn rust_log_goes_before_the_originals_variable() {
        let variables = [
            ("AXISOR_LOGGING_LEVEL", "warn"),
            ("RUST_LOG", "info,sqlx=off"),
        ];
        assert_eq!(
            with_variables(&variables).unwrap().logging.level,
            "info,sqlx=off"
        );
        assert_eq!(
            with_variables(&variables[..1]).unwrap().logging.level,
            "warn"
        );
    }

    #[test]
    fn an_empty_variable_counts_as_absent() {
        let config =
            with_variables(&[("AXISOR_PROMETHEUS_PORT", ""), ("OTEL_SERVICE_NAME", "")]).unwrap();
        assert_eq!(
            (config.prometheus.port, &*config.service.name),
            (3010, "axisor-backend")
        );
    }

    #[test]
    fn the_environment_names_the_file_unless_the_code_does() {
        let (_directory, path) = file("[prometheus]\nport = 1");
        let (_other, in_code) = file("[prometheus]\nport = 2");
        let loader = loader().environment([("AXISOR_TELEMETRY_CONFIG", path)]);
        assert_eq!(loader.clone().load().unwrap().prometheus.port, 1);
        assert_eq!(loader.file(in_code).load().unwrap().prometheus.port, 2);
    }
}

mod resource {
    use super::*;

    const VARIABLE: &str = "OTEL_RESOURCE_ATTRIBUTES";

    #[test]
    fn the_attributes_variable_sets_service_and_deployment_and_keeps_the_rest() {
        let given = "service.name=other, service.version=1.2,service.instance.id=i-1,\
                     deployment.environment.name=prod,cloud.region=eu%20west,";
        let config = with_variables(&[(VARIABLE, given), ("OTEL_SERVICE_NAME", "named")]).unwrap();
        assert_eq!(config.service.name, "named");
        assert_eq!(config.service.version.as_deref(), Some("1.2"));
        assert_eq!(config.service.instance_id, "i-1");
        assert_eq!(config.environment.as_deref(), Some("prod"));
        assert_eq!(
            config.resource_attributes,
            [("cloud.region".into(), "eu west".into())]
        );
    }

    #[test]
    fn attributes_of_file_environment_and_code_add_up() {
        let (_directory, path) =
            file("[resource.attributes]\ncloud.region = 'file'\nteam = 'file'\n'a.b' = 'file'");
        let config = loader()
            .file(path)
            .environment([(VARIABLE, "team=environment,a.b=environment")])
            .set("resource.attributes", "a.b=code")
            .load()
            .unwrap();
        let mut attributes = config.resource_attributes.clone();
        attributes.sort();
        let attributes = attributes
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let expected = [
            ("a.b", "code"),
            ("cloud.region", "file"),
            ("team", "environment"),
        ];
        assert_eq!(attributes.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_attribute_without_a_value_or_a_broken_code_is_refused() {
        for given in ["cloud.region", "=x", "a=%zz", "a=%ff", "a=%4"] {
            let text = message(with_variables(&[(VARIABLE, given)]));
            assert!(text.contains("expected `name=value` pairs"), "{text}");
        }
    }

    #[test]
    fn a_namespace_comes_with_a_warning() {
        let config = set("service.namespace", "axisor").unwrap();
        assert_eq!(config.service.namespace.as_deref(), Some("axisor"));
        let [warning] = config.warnings() else {
            panic!("{:?}", config.warnings());
        };
        assert!(warning.contains("`axisor/axisor-backend`"), "{warning}");
    }

    #[test]
    fn a_service_without_a_name_is_refused() {
        let text = message(Loader::new("").without_environment().load());
        assert_eq!(
            text,
            "`service.name` from code is ``, expected text that is not empty"
        );
    }
}

mod otlp {
    use super::*;

    #[test]
    fn the_specifications_variables_are_read() {
        let config = with_variables(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"),
            (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "Authorization=Basic%20YTpi,x-team=core",
            ),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "700"),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x-team=metrics"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "4096"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1024"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "9000"),
            ("OTEL_BLRP_MAX_QUEUE_SIZE", "100"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "300"),
            ("OTEL_BLRP_EXPORT_TIMEOUT", "8000"),
            ("OTEL_LOGS_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "none"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
            ("OTEL_METRIC_EXPORT_TIMEOUT", "900"),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
            ("OTEL_METRICS_EXPORTER", "otlp,prometheus"),
            ("OTEL_PROPAGATORS", "tracecontext"),
            ("OTEL_SDK_DISABLED", "FALSE"),
        ])
        .unwrap();
        let headers = |headers: &[(String, config::Secret)]| {
            let plain = headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", value.expose()));
            plain.collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            headers(&config.otlp.traces.headers),
            "authorization: Basic YTpi; x-team: core"
        );
        assert_eq!(headers(&config.otlp.metrics.headers), "x-team: metrics");
        assert_eq!(config.otlp.traces.timeout, Duration::from_millis(2500));
        assert_eq!(config.otlp.metrics.timeout, Duration::from_millis(700));
        assert_eq!(config.otlp.metrics.compression, Compression::Gzip);
        assert_eq!(
            (config.traces.queue_size, config.traces.batch_size),
            (4096, 1024)
        );
        assert_eq!(config.traces.schedule_delay, Duration::from_millis(200));
        assert_eq!(config.logs.exporter, LogsExporter::Otlp);
        assert_eq!((config.logs.queue_size, config.logs.batch_size), (100, 100));
        assert_eq!(config.logs.schedule_delay, Duration::from_millis(300));
        assert_eq!(config.logs.export_timeout, Duration::from_secs(8));
        assert_eq!(config.otlp.logs.compression, Compression::None);
        assert_eq!(config.otlp.logs.endpoint, "http://collector:4317");
        assert_eq!(config.traces.export_timeout, Duration::from_secs(9));
        assert_eq!(config.metrics.interval, Duration::from_secs(1));
        assert_eq!(config.metrics.timeout, Duration::from_millis(900));
        assert_eq!(
            config.traces.sampler,
            Sampler::ParentBasedTraceIdRatio(0.25)
        );
        assert_eq!(
            config.metrics.exporters,
            [MetricsExporter::Otlp, MetricsExporter::Prometheus]
        );
        assert_eq!(config.propagators, [Propagator::TraceContext]);
        assert!(!config.disabled);
    }

    #[test]
    fn logs_are_sent_where_that_is_asked_for() {
        let exporter = |key| set(key, "http://collector:4317").unwrap().logs.exporter;
        assert_eq!(exporter("otlp.endpoint"), LogsExporter::None);
        assert_eq!(exporter("otlp.logs.endpoint"), LogsExporter::Otlp);
    }

    #[test]
    fn an_endpoint_that_is_no_url_is_refused_with_what_to_write() {
        for given in [
            "localhost:4317",
            "collector",
            "ftp://collector",
            "http://",
            "",
            "http://a:b@collector:4317",
            "http://collector:4317?key=1",
            "http://collector:99999",
            "http://[::1]:65536",
            "http://collector:port",
        ] {
            let text = message(set("otlp.endpoint", given));
            assert!(
                text.contains("begins with `http://` or `https://`"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_signals_own_setting_goes_before_the_general_one_wherever_either_stands() {
        let (_directory, path) = file("[otlp.metrics]\nendpoint = 'http://file:4317'");
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://variable:4317");
        let loader = loader().file(path).environment([own]);
        let general = loader.set("otlp.endpoint", "http://code:4317");
        let config = general.clone().load().unwrap();
        assert_eq!(config.otlp.traces.endpoint, "http://variable:4317");
        assert_eq!(config.otlp.metrics.endpoint, "http://file:4317");
        let code = general.set("otlp.traces.endpoint", "http://own:4317");
        assert_eq!(code.load().unwrap().otlp.traces.endpoint, "http://own:4317");
    }

    #[test]
    fn an_address_of_the_sixth_version_is_an_endpoint() {
        for given in ["http://[::1]", "http://[::1]:4317", "http://[::1]:65535/x"] {
            assert_eq!(
                set("otlp.endpoint", given).unwrap().otlp.traces.endpoint,
                given
            );
        }
    }

    #[test]
    fn a_binary_header_is_refused_where_the_protocol_is_grpc() {
        for key in ["otlp.headers", "otlp.metrics.headers"] {
            let error = set(key, "x-team=core,Trace-Bin=hunter2").unwrap_err();
            let text = error.to_string();
            assert!(matches!(error, ConfigError::Value { .. }), "{text}");
            assert!(text.starts_with(&format!("`{key}` from code")), "{text}");
            assert!(
                text.contains("`-bin`") && !text.contains("hunter2"),
                "{text}"
            );
        }
    }

    #[cfg(feature = "http")]
    #[test]
    fn a_binary_header_travels_over_http() {
        let loader = loader().set("otlp.protocol", "http/protobuf");
        let config = loader.set("otlp.headers", "trace-bin=x").load().unwrap();
        assert_eq!(config.otlp.traces.headers[0].0, "trace-bin");
    }

    #[test]
    fn a_password_in_an_endpoint_is_not_repeated_in_the_error() {
        let text = message(set(
            "otlp.traces.endpoint",
            "http://ada:hunter2@collector:4317",
        ));
        assert!(
            !text.contains("hunter2") && text.contains("collector:4317"),
            "{text}"
        );
    }

    #[test]
    fn an_error_in_a_general_setting_names_that_setting() {
        let text = message(with_variables(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "5s")]));
        let expected = "`otlp.timeout` from environment variable OTEL_EXPORTER_OTLP_TIMEOUT is `5s`, expected a time";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn a_variable_of_the_exporter_without_effect_is_a_warning() {
        let name = "OTEL_EXPORTER_OTLP_CLIENT_KEY";
        let config = with_variables(&[(name, "/key.pem")]).unwrap();
        assert_eq!(config.warnings().len(), 1);
        assert!(config.warnings()[0].contains(name));
    }
}

mod disabled {
    use super::*;

    #[test]
    fn configuration_and_listing_say_that_nothing_leaves() {
        let variable = "OTEL_SDK_DISABLED";
        let config = with_variables(&[
            (variable, "TRUE"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"),
            ("OTEL_TRACES_SAMPLER", "always_on"),
        ])
        .unwrap();
        assert_eq!(config.traces.exporter, TracesExporter::None);
        assert_eq!(config.traces.sampler, Sampler::AlwaysOff);
        assert_eq!(config.metrics.exporters, []);
        assert!(config.disabled && !config.prometheus.enabled);
        assert_eq!(config.warnings(), [""; 0]);
        for (key, value) in [
            ("prometheus.enabled", "false"),
            ("traces.exporter", "none"),
            ("traces.sampler", "always_off"),
            ("metrics.exporter", "none"),
            ("logs.exporter", "none"),
            ("sentry.enabled", "false"),
        ] {
            let origin = Origin::Environment(variable.into());
            assert_eq!(line(&config, key), Some((value.into(), origin)), "{key}");
        }
    }

    #[test]
    fn a_wrong_value_of_what_is_switched_off_is_still_refused() {
        for key in [
            "prometheus.enabled",
            "traces.exporter",
            "traces.sampler",
            "metrics.exporter",
        ] {
            let text = message(loader().set("disabled", true).set(key, "wrong").load());
            assert!(text.contains(key), "{text}");
        }
    }
}

mod span_limits {
    use axisor_telemetry::TelemetryBuilder;
    use axisor_telemetry::testing::TestTelemetry;
    use opentelemetry::KeyValue;
    use opentelemetry::trace::{
        Event, Link, SpanContext, SpanId, TraceFlags, TraceId, TraceState, Tracer as _,
    };

    use super::*;

    /// How many attributes, events and links remain of three each.
    fn kept(configure: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder) -> [usize; 3] {
        let telemetry = TestTelemetry::configured(configure);
        let tracer = telemetry.tracer();
        let event = || Event::with_name("event");
        let link = || {
            let (trace, span) = (TraceId::from(1_u128), SpanId::from(1_u64));
            let sampled = TraceFlags::SAMPLED;
            Link::with_context(SpanContext::new(
                trace,
                span,
                sampled,
                true,
                TraceState::NONE,
            ))
        };
        let span = tracer
            .span_builder("span")
            .with_attributes(["a", "b", "c"].map(|name| KeyValue::new(name, 1)))
            .with_events((0..3).map(|_| event()).collect())
            .with_links((0..3).map(|_| link()).collect());
        drop(span.start(&tracer));
        let span = telemetry.only_span();
        [
            span.attributes.len(),
            span.events.events.len(),
            span.links.links.len(),
        ]
    }

    #[test]
    fn they_are_settings() {
        let limited = kept(|builder| {
            builder
                .set("traces.attribute_count_limit", 2)
                .set("traces.event_count_limit", 1)
                .set("traces.link_count_limit", 0)
        });
        assert_eq!(limited, [2, 1, 0]);
    }

    #[test]
    fn the_specifications_variables_are_read() {
        let config = with_variables(&[
            ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3"),
            ("OTEL_SPAN_EVENT_COUNT_LIMIT", "2"),
            ("OTEL_SPAN_LINK_COUNT_LIMIT", "0"),
        ]);
        let traces = config.unwrap().traces;
        assert_eq!(traces.attribute_count_limit, 3);
        assert_eq!(traces.event_count_limit, 2);
        assert_eq!(traces.link_count_limit, 0);
    }

    #[test]
    fn a_limit_of_spans_without_effect_is_a_warning() {
        let name = "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT";
        let config = with_variables(&[(name, "10")]).unwrap();
        assert!(config.warnings()[0].contains(name));
    }

    /// In a process of its own, which alone can be given an environment.
    #[test]
    fn without_environment_the_sdk_does_not_read_it_either() {
        let name = "config::span_limits::default_limits_keep_everything";
        let limited = std::process::Command::new(env::current_exe().unwrap())
            .args(["--exact", name])
            .envs([
                ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"),
                ("OTEL_SPAN_EVENT_COUNT_LIMIT", "1"),
                ("OTEL_SPAN_LINK_COUNT_LIMIT", "1"),
            ])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&limited.stdout);
        assert!(said.contains("1 passed"), "{said}");
    }

    #[test]
    fn default_limits_keep_everything() {
        assert_eq!(kept(|builder| builder), [3, 3, 3]);
    }
}

#[cfg(all(feature = "tls", feature = "grpc"))]
mod certificates {
    use std::io;

    use super::*;

    const VARIABLE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";

    /// A PEM file with this text, else with a certificate.
    fn pem(text: Option<&str>) -> (tempfile::TempDir, String) {
        let certificate = rcgen::generate_simple_self_signed(Vec::new()).unwrap();
        let pem = certificate.cert.pem();
        let (directory, path) = file(text.unwrap_or(&pem));
        (directory, path.display().to_string())
    }

    #[test]
    fn a_file_is_for_both_signals_unless_one_has_its_own() {
        let ((_one, one), (_other, other)) = (pem(None), pem(None));
        let config = with_variables(&[
            (VARIABLE, &one),
            ("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", &other),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4317"),
        ]);
        let otlp = config.unwrap().otlp;
        assert_eq!(otlp.traces.certificate, Some(one.into()));
        assert_eq!(otlp.metrics.certificate, Some(other.into()));
    }

    #[test]
    fn without_encryption_it_is_a_warning() {
        let (_directory, path) = pem(None);
        let config = with_variables(&[(VARIABLE, &path)]).unwrap();
        assert!(config.warnings()[0].contains("`otlp.certificate` has no effect"));
    }

    #[test]
    fn a_file_without_a_certificate_is_refused_by_key_and_path() {
        let broken = "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n";
        let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "certificate", broken, no_certificate] {
            let (_directory, path) = pem(Some(text));
            refused(&path, io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_refused_by_key_and_path() {
        let (directory, path) = pem(None);
        refused(&format!("{path}.missing"), io::ErrorKind::NotFound);
        let directory = directory.path().display().to_string();
        refused(&directory, io::ErrorKind::IsADirectory);
    }

    #[track_caller]
    fn refused(path: &str, why: io::ErrorKind) {
        let error = with_variables(&[(VARIABLE, path)]).unwrap_err();
        let text = error.to_string();
        let expected = format!(
            "`otlp.certificate` from environment variable {VARIABLE} is `{path}`, expected"
        );
        assert!(text.starts_with(&expected), "{text}");
        let ConfigError::Certificate { source, .. } = error else {
            panic!("{text}");
        };
        assert_eq!(source.kind(), why, "{source}");
    }
}

mod mistakes {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_wrong_value_names_key_origin_value_and_what_was_expected() {
        let text = message(with_variables(&[("AXISOR_PROMETHEUS_PORT", "99999")]));
        let expected = "`prometheus.port` from environment variable AXISOR_PROMETHEUS_PORT is `99999`, \
                        expected a port from 0 to 65535";
        assert_eq!(text, expected);
    }

    #[test]
    fn every_setting_refuses_what_it_cannot_be() {
        for (key, given) in [
            ("service.version", " "),
            ("service.instance_id", ""),
            ("prometheus.enabled", "1"),
            ("prometheus.port", "-1"),
            ("prometheus.port", "+1"),
            ("prometheus.path", "metrics"),
            ("prometheus.path", "/{metrics}"),
            ("prometheus.path", "/health"),
            ("sentry.dsn", ""),
            ("sentry.dsn", "https://sentry.io/1"),
            ("sentry.sample_rate", "1.5"),
            ("logging.level", "inof"),
            ("logging.level", "sqlx=loud"),
            ("logging.format", "xml"),
            ("otlp.protocol", "http/json"),
            ("otlp.headers", "no pair"),
            ("otlp.headers", "two words=x"),
            ("otlp.traces.headers", "x=%0a"),
            ("otlp.timeout", "0"),
            ("otlp.timeout", "-5s"),
            ("otlp.metrics.compression", "zstd"),
            ("traces.exporter", "jaeger"),
            ("traces.exporter", "otlp,console"),
            ("traces.sampler", "sometimes"),
            ("traces.sampler_arg", "1.5"),
            ("traces.sampler_arg", "NaN"),
            ("traces.queue_size", "0"),
            ("traces.queue_size", "99999999999999999999999"),
            ("traces.batch_size", "2049"),
            ("traces.schedule_delay", "2 days"),
            ("traces.attribute_count_limit", "-1"),
            ("traces.event_count_limit", "1000001"),
            ("traces.link_count_limit", "none"),
            ("metrics.exporter", "statsd"),
            ("metrics.interval", "soon"),
            ("metrics.interval", "99999999999999999999999"),
            ("metrics.series_bound", "1000001"),
            ("logs.exporter", "console"),
            ("logs.batch_size", "2049"),
            ("propagators", "b3"),
            ("propagators", "tracecontext,none"),
            ("disabled", "yes"),
            ("health.timeout", "P1Y"),
        ] {
            let error = set(key, given).expect_err(given);
            let ConfigError::Value {
                key: named, origin, ..
            } = &error
            else {
                panic!("{error}");
            };
            assert_eq!((*named, origin), (key, &Origin::Code), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_in_any_setting_panics(text in "\\PC{0,40}|[0-9.e+-]{0,30}|[a-z%=,/:@0-9]{0,40}") {
            for (key, ..) in loader().load().unwrap().effective() {
                if let Err(error) = set(key, &text) {
                    prop_assert!(error.to_string().contains(key), "{}", error);
                }
            }
        }
    }

    #[test]
    fn a_filter_that_makes_its_parser_panic_is_an_error() {
        let text = message(set("logging.level", "\u{202f}\u{11700}["));
        assert!(text.contains("`logging.level`"), "{text}");
    }

    #[test]
    fn an_unknown_key_in_code_has_its_neighbour_named() {
        let text = message(set("prometeus.port", "1"));
        assert_eq!(
            text,
            "`prometeus.port` from code is no setting; did you mean `prometheus.port`?"
        );
        assert_eq!(
            message(set("colour", "red")),
            "`colour` from code is no setting"
        );
    }

    #[test]
    fn an_unknown_variable_of_ours_has_its_neighbour_named() {
        for (given, meant) in [
            ("AXISOR_PROMETHEUS_PROT", "AXISOR_PROMETHEUS_PORT"),
            ("AXISOR_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER"),
            ("AXISOR_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
            ("AXISOR_TELEMETRY_CONFG", "AXISOR_TELEMETRY_CONFIG"),
        ] {
            let text = message(with_variables(&[(given, "x")]));
            let expected = format!("{given} is no setting; did you mean `{meant}`?");
            assert!(text.ends_with(&expected), "{text}");
        }
    }

    #[test]
    fn the_applications_own_variables_are_left_alone() {
        let variables = [
            ("AXISOR_DATABASE_URL", "x"),
            ("AXISOR_SERVICE_HOST", "10.0.0.1"),
            ("HOME", "/"),
        ];
        assert!(with_variables(&variables).is_ok());
    }

    #[test]
    fn what_kubernetes_sets_for_a_service_is_left_alone() {
        for name in [
            "AXISOR_PROMETHEUS_SERVICE_HOST",
            "AXISOR_METRICS_SERVICE_PORT",
            "AXISOR_METRICS_SERVICE_PORT_WEB",
            "AXISOR_SENTRY_PORT_9000_UDP",
            "AXISOR_METRICS_PORT_9090_TCP_ADDR",
            "AXISOR_METRICS_PORT_9090_TCP_PORT",
        ] {
            let config = with_variables(&[(name, "x")]).expect(name);
            assert_eq!(config.warnings(), [""; 0], "{name}");
        }
        let config = with_variables(&[("AXISOR_SENTRY_PORT", "tcp://10.0.0.1:9000")]).unwrap();
        assert_eq!(config.warnings(), [""; 0]);
    }

    #[test]
    fn a_port_that_is_no_setting_is_a_warning() {
        let config = with_variables(&[("AXISOR_METRICS_PORT", "9090")]).unwrap();
        assert!(config.warnings()[0].contains("AXISOR_METRICS_PORT"));
    }

    #[test]
    fn what_only_looks_like_a_service_of_kubernetes_is_refused() {
        for name in [
            "AXISOR_PROMETHEUS_PORT_TCP",
            "AXISOR_PROMETHEUS_PORT_9090_PATH",
            "AXISOR_PROMETHEUS_PORT__TCP",
            "AXISOR_PROMETHEUS_PORTS",
            "AXISOR_METRICS_HOST",
        ] {
            let text = message(with_variables(&[(name, "x")]));
            assert!(text.contains("is no setting"), "{text}");
        }
    }

    #[test]
    fn a_service_in_place_of_the_port_counts_as_absent_with_a_warning() {
        for given in [
            "tcp://10.0.0.1:9090",
            "udp://10.0.0.1:53",
            "sctp://10.0.0.1:9",
        ] {
            let config = with_variables(&[("AXISOR_PROMETHEUS_PORT", given)]).unwrap();
            assert_eq!(config.prometheus.port, 3010);
            assert_eq!(config.warnings().len(), 1);
            assert!(config.warnings()[0].contains("AXISOR_PROMETHEUS_PORT"));
        }
        let text = message(with_variables(&[(
            "AXISOR_PROMETHEUS_PORT",
            "http://10.0.0.1:9090",
        )]));
        assert!(text.contains("expected a port"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_utf8_is_refused() {
        use std::ffi::OsString;
        use std::os::unix::ffi::OsStringExt;
        let value = OsString::from_vec(vec![0xff]);
        let text = message(loader().environment([("AXISOR_SENTRY_DSN", value)]).load());
        assert!(text.ends_with("is `[redacted]`, expected UTF-8"), "{text}");
    }

    #[test]
    fn a_sampler_argument_without_effect_is_a_warning() {
        let config = set("traces.sampler_arg", "0.5").unwrap();
        assert!(config.warnings()[0].contains("`traces.sampler_arg` has no effect"));
    }

    #[test]
    fn a_push_too_rare_for_the_collector_is_a_warning() {
        let loader = loader().set("otlp.endpoint", "http://collector:4317");
        let config = loader.set("metrics.interval", "60s").load().unwrap();
        assert!(config.warnings()[0].contains("`metrics.interval`"));
    }

    #[test]
    fn an_exposition_asked_for_and_switched_off_is_a_warning() {
        let loader = loader().set("prometheus.enabled", false);
        assert_eq!(loader.clone().load().unwrap().warnings(), [""; 0]);
        let config = loader.set("metrics.exporter", "prometheus").load().unwrap();
        assert!(config.warnings()[0].contains("`prometheus.enabled`"));
    }

    #[test]
    fn a_push_without_the_http_series_is_a_warning() {
        let loader = loader().set("prometheus.enabled", false);
        let config = loader.set("otlp.endpoint", "http://collector:4317").load();
        let config = config.unwrap();
        assert_eq!(config.warnings().len(), 1);
        assert!(config.warnings()[0].contains("HTTP series"));
    }

    #[cfg(not(feature = "sentry"))]
    #[test]
    fn sentry_needs_its_feature() {
        let text = message(with_variables(&[("AXISOR_SENTRY_ENABLED", "true")]));
        assert!(
            text.contains("`sentry.enabled`") && text.contains("feature `sentry`"),
            "{text}"
        );
    }
}

mod files {
    use super::*;

    #[test]
    fn every_type_of_toml_value_is_taken_where_it_fits() {
        let config = with_file(
            r#"
            disabled = false
            propagators = []
            [service]
            name = "from-file"
            [deployment]
            environment.name = "prod"
            [prometheus]
            enabled = false
            port = 9_100
            [otlp.traces]
            endpoint = "http://collector:4317"
            timeout = "250ms"
            headers = { authorization = "a, b=c", x-team = "core" }
            [traces]
            sampler = "traceidratio"
            sampler_arg = 0.5
            schedule_delay = 100
            [metrics]
            exporter = ["otlp", "prometheus"]
            interval = "1m 30s"
            "#,
        )
        .unwrap();
        assert_eq!(config.service.name, "from-file");
        assert_eq!(config.environment.as_deref(), Some("prod"));
        assert_eq!(
            (config.prometheus.enabled, config.prometheus.port),
            (false, 9100)
        );
        assert_eq!(config.otlp.traces.timeout, Duration::from_millis(250));
        assert_eq!(config.otlp.traces.headers[0].1.expose(), "a, b=c");
        assert_eq!(config.traces.sampler, Sampler::TraceIdRatio(0.5));
        assert_eq!(config.traces.schedule_delay, Duration::from_millis(100));
        assert_eq!(config.metrics.exporters.len(), 2);
        assert_eq!(config.metrics.interval, Duration::from_secs(90));
        assert_eq!(config.propagators, []);
    }

    #[test]
    fn a_value_of_a_wrong_type_names_its_line() {
        for (toml, end) in [
            (
                "\n[service]\nversion = 1.20",
                ":3 is `1.20`, expected text that is not empty",
            ),
            (
                "[prometheus]\nport = true",
                ":2 is `true`, expected a port from 0 to 65535",
            ),
            (
                "propagators = [1]",
                ":1 is `[1]`, expected `tracecontext`, `baggage`, both separated by a comma, or `none`",
            ),
        ] {
            let text = message(with_file(toml));
            assert!(text.ends_with(end), "{text}");
        }
    }

    #[test]
    fn an_unknown_key_names_its_line_and_neighbour() {
        let text = message(with_file("[service]\nname = 'x'\nversoin = '1'"));
        assert!(
            text.ends_with(":3 is no setting; did you mean `service.version`?"),
            "{text}"
        );
        let text = message(with_file("service = 'x'"));
        assert!(text.ends_with(":1 is no setting"), "{text}");
    }

    #[test]
    fn what_is_not_toml_is_refused_without_repeating_the_line() {
        let text = message(with_file("[sentry]\ndsn = \"https://hunter2@sentry"));
        assert!(
            text.contains("is not TOML: line 2: ") && !text.contains("hunter2"),
            "{text}"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_refused_by_its_path() {
        let missing = env::temp_dir().join("no-such-telemetry.toml");
        let error = loader().file(&missing).load().unwrap_err();
        let ConfigError::File { path, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(path, &missing);
    }
}

mod listing {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_a_configuration_is_printed() {
        let config = loader()
            .set("sentry.dsn", "https://hunter2@sentry.io/1")
            .set("otlp.headers", "authorization=hunter2")
            .set("resource.attributes", "api.token=hunter2")
            .load()
            .unwrap();
        assert_eq!(line(&config, "sentry.dsn").unwrap().0, "[redacted]");
        for (key, value, _) in config.effective() {
            assert!(!value.contains("hunter2"), "{key}: {value}");
        }
        let printed = format!("{:?} {:?}", config.otlp, config.sentry);
        assert!(!printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn wrong_secrets_are_masked_in_errors() {
        for (key, value) in [
            ("otlp.headers", "hunter2"),
            ("otlp.metrics.headers", "a b=hunter2"),
        ] {
            let text = message(set(key, value));
            assert!(!text.contains("hunter2"), "{text}");
        }
        let text = message(with_file("[otlp]\nheaders = { a = 1, b = 'hunter2' }"));
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn what_a_signal_inherits_is_listed_with_where_it_stands() {
        let config = with_variables(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "900")]).unwrap();
        let origin = Origin::Environment("OTEL_EXPORTER_OTLP_TIMEOUT".into());
        assert_eq!(
            line(&config, "otlp.traces.timeout").unwrap(),
            ("900".into(), origin)
        );
        assert_eq!(line(&config, "sentry.dsn"), None);
    }
}

/// After a change of the table: `UPDATE=1 cargo test -p axisor-telemetry the_guides_table`.
#[test]
fn the_guides_table_is_the_tables() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/guide/configuration.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(path, config::reference()).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap();
    assert!(
        committed == config::reference(),
        "run this test with UPDATE=1 and commit {path}"
    );
}
