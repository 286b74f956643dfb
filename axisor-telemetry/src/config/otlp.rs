//! OTLP, general and signal by signal.

use super::error::{ConfigError, Origin};
use super::given::{Entry, Raw};
use super::lookup::Resolver;
use super::values::{LogsExporter, Protocol, Secret, TracesExporter};
use super::{Metrics, Otlp, OtlpSignals, parse};

/// The keys of OTLP, general or of one signal.
pub(super) struct OtlpKeys {
    endpoint: &'static str,
    protocol: &'static str,
    headers: &'static str,
    timeout: &'static str,
    compression: &'static str,
    certificate: &'static str,
    path: &'static str,
}

const GENERAL: OtlpKeys = OtlpKeys {
    endpoint: "otlp.endpoint",
    protocol: "otlp.protocol",
    headers: "otlp.headers",
    timeout: "otlp.timeout",
    compression: "otlp.compression",
    certificate: "otlp.certificate",
    path: "",
};

pub(super) const TRACES: OtlpKeys = OtlpKeys {
    endpoint: "otlp.traces.endpoint",
    protocol: "otlp.traces.protocol",
    headers: "otlp.traces.headers",
    timeout: "otlp.traces.timeout",
    compression: "otlp.traces.compression",
    certificate: "otlp.traces.certificate",
    path: "v1/traces",
};

pub(super) const METRICS: OtlpKeys = OtlpKeys {
    endpoint: "otlp.metrics.endpoint",
    protocol: "otlp.metrics.protocol",
    headers: "otlp.metrics.headers",
    timeout: "otlp.metrics.timeout",
    compression: "otlp.metrics.compression",
    certificate: "otlp.metrics.certificate",
    path: "v1/metrics",
};

pub(super) const LOGS: OtlpKeys = OtlpKeys {
    endpoint: "otlp.logs.endpoint",
    protocol: "otlp.logs.protocol",
    headers: "otlp.logs.headers",
    timeout: "otlp.logs.timeout",
    compression: "otlp.logs.compression",
    certificate: "otlp.logs.certificate",
    path: "v1/logs",
};

impl Resolver<'_> {
    pub(super) fn has_own_endpoint(&self, keys: &OtlpKeys) -> bool {
        self.is_given(keys.endpoint)
    }

    pub(super) fn has_endpoint(&self, keys: &OtlpKeys) -> bool {
        self.is_given(GENERAL.endpoint) || self.is_given(keys.endpoint)
    }

    pub(super) fn otlp(
        &mut self,
        exporter: TracesExporter,
        metrics: &Metrics,
        logs: LogsExporter,
    ) -> Result<OtlpSignals, ConfigError> {
        self.check_general()?;
        let signals = OtlpSignals {
            traces: self.otlp_signal(&TRACES, exporter == TracesExporter::Otlp)?,
            metrics: self.otlp_signal(&METRICS, metrics.push())?,
            logs: self.otlp_signal(&LOGS, logs == LogsExporter::Otlp)?,
        };
        let all = [&signals.traces, &signals.metrics, &signals.logs];
        if all.iter().any(|otlp| otlp.certificate.is_some())
            && !all.iter().any(|otlp| otlp.is_tls())
        {
            self.warn("`otlp.certificate` has no effect: no endpoint begins with `https://`");
        }
        Ok(signals)
    }

    /// Before signals inherit, so that an error names the general key.
    fn check_general(&self) -> Result<(), ConfigError> {
        self.optional(GENERAL.endpoint, parse::endpoint)?;
        self.get(GENERAL.protocol, parse::protocol)?;
        self.headers(GENERAL.headers)?;
        self.time(GENERAL.timeout)?;
        self.get(GENERAL.compression, parse::compression)?;
        self.certificate(GENERAL.certificate)?;
        Ok(())
    }

    fn otlp_signal(&mut self, keys: &OtlpKeys, used: bool) -> Result<Otlp, ConfigError> {
        self.inherit(GENERAL.protocol, keys.protocol);
        self.inherit(GENERAL.timeout, keys.timeout);
        self.inherit(GENERAL.compression, keys.compression);
        self.inherit(GENERAL.certificate, keys.certificate);
        let protocol = self.get(keys.protocol, parse::protocol)?;
        self.inherit_endpoint(keys, protocol);
        let otlp = Otlp {
            endpoint: self.endpoint(keys.endpoint)?,
            protocol,
            headers: self.headers_of(keys, protocol)?,
            timeout: self.time(keys.timeout)?,
            compression: self.get(keys.compression, parse::compression)?,
            certificate: self.certificate(keys.certificate)?,
        };
        if used || self.is_given(keys.protocol) {
            self.need(keys.protocol, feature_of(protocol))?;
        }
        if otlp.is_tls() {
            self.need(keys.endpoint, "tls")?;
        }
        Ok(otlp)
    }

    /// Checked before the signal inherits, so that an error names the general key.
    fn headers_of(
        &mut self,
        keys: &OtlpKeys,
        protocol: Protocol,
    ) -> Result<Vec<(String, Secret)>, ConfigError> {
        let own = self.given.get(keys.headers).is_some();
        let key = if own { keys.headers } else { GENERAL.headers };
        let headers = self.headers(key)?;
        let binary = headers.iter().any(|(name, _)| name.ends_with("-bin"));
        if let (Protocol::Grpc, true, Some(entry)) = (protocol, binary, self.given.get(key)) {
            return Err(entry.refused(key)); // gRPC has base64 of bytes there
        }
        self.inherit(GENERAL.headers, keys.headers);
        Ok(headers)
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

impl Otlp {
    /// Whether what is sent is encrypted.
    pub(crate) fn is_tls(&self) -> bool {
        let scheme = self.endpoint.split(':').next();
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    }
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
