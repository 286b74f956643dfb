//! Where each component listens.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use std::str::FromStr;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::component::Component;

/// Something a component listens for, always on loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// OTLP over gRPC, into the Collector.
    OtlpGrpc,
    /// OTLP over HTTP, into the Collector.
    OtlpHttp,
    /// The contract's series, as Prometheus scrapes them from the Collector.
    Exporter,
    /// The Collector's metrics of itself.
    CollectorTelemetry,
    /// The Collector's health check.
    CollectorHealth,
    /// Prometheus' API and page.
    Prometheus,
    /// Alertmanager's API and page.
    Alertmanager,
    /// Jaeger's API and page.
    Jaeger,
    /// OTLP over gRPC, from the Collector into Jaeger.
    JaegerOtlp,
    /// Jaeger's health check, and its series of itself.
    JaegerHealth,
    /// What PostgreSQL said.
    PostgresExporter,
    /// What Redis said.
    RedisExporter,
    /// What nginx said.
    NginxExporter,
    /// The machine's state.
    NodeExporter,
    /// Where the prober is asked.
    BlackboxExporter,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Endpoint; 15] = [
        Endpoint::OtlpGrpc,
        Endpoint::OtlpHttp,
        Endpoint::Exporter,
        Endpoint::CollectorTelemetry,
        Endpoint::CollectorHealth,
        Endpoint::Prometheus,
        Endpoint::Alertmanager,
        Endpoint::Jaeger,
        Endpoint::JaegerOtlp,
        Endpoint::JaegerHealth,
        Endpoint::PostgresExporter,
        Endpoint::RedisExporter,
        Endpoint::NginxExporter,
        Endpoint::NodeExporter,
        Endpoint::BlackboxExporter,
    ];

    /// The name on the command line, as in `--port otlp-grpc=14317`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The usual port, used unless another or a free one is asked for.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        self.row().1
    }

    /// Who listens there.
    #[must_use]
    pub const fn component(self) -> Component {
        self.row().2
    }

    const fn row(self) -> (&'static str, u16, Component) {
        match self {
            Endpoint::OtlpGrpc => ("otlp-grpc", 4317, Component::Collector),
            Endpoint::OtlpHttp => ("otlp-http", 4318, Component::Collector),
            Endpoint::Exporter => ("exporter", 8889, Component::Collector),
            Endpoint::CollectorTelemetry => ("collector-telemetry", 8888, Component::Collector),
            Endpoint::CollectorHealth => ("collector-health", 13133, Component::Collector),
            Endpoint::Prometheus => ("prometheus", 9090, Component::Prometheus),
            Endpoint::Alertmanager => ("alertmanager", 9093, Component::Alertmanager),
            Endpoint::Jaeger => ("jaeger", 16686, Component::Jaeger),
            Endpoint::JaegerOtlp => ("jaeger-otlp", 14317, Component::Jaeger),
            Endpoint::JaegerHealth => ("jaeger-health", 14269, Component::Jaeger),
            Endpoint::PostgresExporter => ("postgres-exporter", 9187, Component::PostgresExporter),
            Endpoint::RedisExporter => ("redis-exporter", 9121, Component::RedisExporter),
            Endpoint::NginxExporter => ("nginx-exporter", 9113, Component::NginxExporter),
            Endpoint::NodeExporter => ("node-exporter", 9100, Component::NodeExporter),
            Endpoint::BlackboxExporter => ("blackbox-exporter", 9115, Component::BlackboxExporter),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no [`Endpoint`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown endpoint `{given}`, expected one of {}", names())]
pub struct UnknownEndpoint {
    given: String,
}

fn names() -> String {
    Endpoint::ALL.map(Endpoint::name).join(", ")
}

impl FromStr for Endpoint {
    type Err = UnknownEndpoint;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|endpoint| endpoint.name() == given)
            .ok_or_else(|| UnknownEndpoint {
                given: given.to_owned(),
            })
    }
}

/// A port for every endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ports(BTreeMap<Endpoint, u16>);

impl Ports {
    pub(crate) fn usual() -> Self {
        Self(Endpoint::ALL.map(|e| (e, e.default_port())).into())
    }

    pub(crate) fn free() -> Self {
        Self(Endpoint::ALL.map(|e| (e, free_port())).into())
    }

    pub(crate) fn with(mut self, chosen: &BTreeMap<Endpoint, u16>) -> Self {
        self.0.extend(chosen);
        self
    }

    pub(crate) fn of(&self, endpoint: Endpoint) -> u16 {
        self.0[&endpoint]
    }

    /// The first endpoint of these components whose port somebody else holds.
    pub(crate) fn taken(&self, components: &[Component]) -> Option<(Endpoint, u16)> {
        self.0
            .iter()
            .map(|(endpoint, port)| (*endpoint, *port))
            .find(|(endpoint, port)| components.contains(&endpoint.component()) && !is_free(*port))
    }
}

/// Below the range from which the kernel takes ports for outgoing connections: those would now
/// and then sit on the port of a component that is down and about to be started again.
const FIRST_FREE: u16 = 20_000;
const FREE_COUNT: u16 = 12_000;

/// Finds a port nobody listens on, and that no other stack of this process was given.
fn free_port() -> u16 {
    static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let [high, low, ..] = RandomState::new().hash_one(()).to_ne_bytes();
    let start = u16::from_ne_bytes([high, low]) % FREE_COUNT;
    (0..FREE_COUNT)
        .map(|step| FIRST_FREE + (start + step) % FREE_COUNT)
        .find(|port| is_free(*port) && given.insert(*port))
        .unwrap_or(0) // all twelve thousand taken: the system's choice is as good
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_endpoint() {
        for endpoint in Endpoint::ALL {
            assert_eq!(endpoint.name().parse(), Ok(endpoint));
        }
        let wrong = "otlp".parse::<Endpoint>().unwrap_err();
        assert!(wrong.to_string().contains("otlp-grpc"), "{wrong}");
    }

    #[test]
    fn usual_ports_are_all_different() {
        let ports: HashSet<_> = Endpoint::ALL.map(Endpoint::default_port).into();
        assert_eq!(ports.len(), Endpoint::ALL.len());
    }

    #[test]
    fn free_ports_are_never_given_twice() {
        let (one, other) = (Ports::free(), Ports::free());
        let all: HashSet<_> = one.0.values().chain(other.0.values()).collect();
        assert_eq!(all.len(), 2 * Endpoint::ALL.len());
    }

    #[test]
    fn a_port_somebody_listens_on_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let ports = Ports::free().with(&[(Endpoint::Jaeger, port)].into());
        assert_eq!(
            ports.taken(&[Component::Jaeger]),
            Some((Endpoint::Jaeger, port))
        );
        assert_eq!(ports.taken(&[Component::Collector]), None);
    }
}
