//! What services depend on and what surrounds them: who is asked, and by which exporter.

use std::fmt;

use url::Url;

use crate::component::Component;

/// The jobs that go through the prober: their target is what is probed, by HTTP or by TCP.
pub(crate) const FRONTEND: &str = "axisor-frontend";
pub(crate) const LNMARKETS: &str = "lnmarkets-api";
pub(crate) const LND: &str = "lnd-node";
pub(crate) const PROBED: [&str; 3] = [FRONTEND, LNMARKETS, LND];

/// Something to watch besides the services.
///
/// `Debug` shows the address without user, password and parameters.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Watch {
    /// PostgreSQL, by its exporter (`pg_up`): `postgres://user:password@host:5432/database`. On
    /// loopback without TLS, unless `sslmode` says otherwise; elsewhere with it.
    Postgres(String),
    /// Redis, by its exporter (`redis_up`): `redis://:password@host:6379`.
    Redis(String),
    /// nginx, by its exporter (`nginx_up`): the URL where it has `stub_status`.
    Nginx(String),
    /// This machine, by the node exporter (`node_…`).
    Host,
    /// The frontend, by the prober (`probe_success`): its URL answers 2xx.
    Frontend(String),
    /// LN Markets, by the prober: the URL answers 2xx, or 401 as it does without a key.
    LnMarkets(String),
    /// The Lightning node, by the prober: `host:10009` takes connections.
    Lnd(String),
}

/// An address at which nothing can be watched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` of job `{job}` cannot be watched, expected {expected}")]
pub struct WatchError {
    /// Without user, password and parameters.
    given: String,
    job: &'static str,
    expected: &'static str,
}

impl Watch {
    /// The scrape job under which its series are.
    #[must_use]
    pub const fn job(&self) -> &'static str {
        match self {
            Watch::Postgres(_) => "postgres",
            Watch::Redis(_) => "redis",
            Watch::Nginx(_) => "nginx",
            Watch::Host => "node-exporter",
            Watch::Frontend(_) => FRONTEND,
            Watch::LnMarkets(_) => LNMARKETS,
            Watch::Lnd(_) => LND,
        }
    }

    /// Who asks it.
    #[must_use]
    pub const fn exporter(&self) -> Component {
        match self {
            Watch::Postgres(_) => Component::PostgresExporter,
            Watch::Redis(_) => Component::RedisExporter,
            Watch::Nginx(_) => Component::NginxExporter,
            Watch::Host => Component::NodeExporter,
            Watch::Frontend(_) | Watch::LnMarkets(_) | Watch::Lnd(_) => Component::BlackboxExporter,
        }
    }

    /// What the prober is asked about.
    pub(crate) fn probed(&self) -> Option<&str> {
        match self {
            Watch::Frontend(at) | Watch::LnMarkets(at) | Watch::Lnd(at) => Some(at),
            _ => None,
        }
    }

    /// How the exporter is told where to ask.
    pub(crate) fn environment(&self) -> Option<(&'static str, String)> {
        match self {
            Watch::Postgres(url) => Some(("DATA_SOURCE_NAME", without_tls_on_loopback(url))),
            Watch::Redis(url) => Some(("REDIS_ADDR", url.clone())),
            Watch::Nginx(url) => Some(("SCRAPE_URI", url.clone())),
            _ => None,
        }
    }

    /// The variable of `compose.yaml`, and the same as seen from a container.
    pub(crate) fn compose_environment(&self) -> Option<(&'static str, String)> {
        let variable = match self {
            Watch::Postgres(_) => "AXISOR_WATCH_POSTGRES",
            Watch::Redis(_) => "AXISOR_WATCH_REDIS",
            Watch::Nginx(_) => "AXISOR_WATCH_NGINX",
            _ => return None,
        };
        let (_, url) = self.environment()?;
        Some((variable, url_from_container(&url)))
    }

    pub(crate) fn check(&self) -> Result<(), WatchError> {
        let (schemes, expected): (&[_], _) = match self {
            Watch::Postgres(_) => (&["postgres", "postgresql"], "postgres://host:port/database"),
            Watch::Redis(_) => (&["redis", "rediss"], "redis://host:port"),
            Watch::Nginx(_) => (&["http", "https"], "the http:// URL of stub_status"),
            _ => return Ok(()), // a probed one is a target, checked with those
        };
        let url = self.url().and_then(|url| Url::parse(url).ok());
        match url {
            Some(url) if schemes.contains(&url.scheme()) && url.has_host() => Ok(()),
            _ => Err(WatchError {
                given: self.to_string(),
                job: self.job(),
                expected,
            }),
        }
    }

    fn url(&self) -> Option<&str> {
        match self {
            Watch::Postgres(at) | Watch::Redis(at) | Watch::Nginx(at) => Some(at),
            _ => self.probed(),
        }
    }
}

impl fmt::Display for Watch {
    /// The address, without user, password and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url().map_or("this machine", without_secrets))
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {self}", self.job())
    }
}

/// A URL from its host on and without parameters, also if it is none.
pub(crate) fn without_secrets(url: &str) -> &str {
    let after_user = url.rsplit_once('@').map_or(url, |(_, rest)| rest);
    after_user.split('?').next().unwrap_or_default()
}

/// The exporter's driver insists on TLS, which a database on the same machine rarely has.
fn without_tls_on_loopback(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else {
        return url.to_owned();
    };
    let decided = parsed.query_pairs().any(|(key, _)| key == "sslmode");
    if !decided && is_loopback(&parsed) {
        parsed.query_pairs_mut().append_pair("sslmode", "disable");
    }
    parsed.into()
}

/// In a container loopback is the container itself; the machine has a name there.
pub(crate) fn url_from_container(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else {
        return url.to_owned();
    };
    if is_loopback(&parsed) && parsed.set_host(Some("host.docker.internal")).is_ok() {
        return parsed.into();
    }
    url.to_owned()
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_in_no_text() {
        let url = "postgres://axisor:s3cret@127.0.0.1/db?password=s3cret";
        for watch in [Watch::Postgres(url.into()), Watch::Redis(url.into())] {
            assert_eq!(watch.to_string(), "127.0.0.1/db");
            assert!(!format!("{watch:?}").contains("s3cret"), "{watch:?}");
        }
        let refused = Watch::Redis(url.into()).check().unwrap_err().to_string();
        assert!(refused.contains("expected redis://"), "{refused}");
        assert!(!refused.contains("s3cret"), "{refused}");
    }

    #[test]
    fn tls_is_left_out_on_loopback_alone_and_only_if_nobody_asks_for_it() {
        for (given, told) in [
            (
                "postgres://a@127.0.0.1/db",
                "postgres://a@127.0.0.1/db?sslmode=disable",
            ),
            (
                "postgres://a@localhost/db?sslmode=require",
                "postgres://a@localhost/db?sslmode=require",
            ),
            (
                "postgres://a@db.axisor.com/db",
                "postgres://a@db.axisor.com/db",
            ),
        ] {
            let environment = Watch::Postgres(given.into()).environment();
            assert_eq!(environment, Some(("DATA_SOURCE_NAME", told.to_owned())));
        }
    }

    #[test]
    fn containers_reach_the_machine_under_its_name() {
        let watch = Watch::Redis("redis://:s3cret@127.0.0.1:6380".into());
        let (variable, url) = watch.compose_environment().unwrap();
        assert_eq!(variable, "AXISOR_WATCH_REDIS");
        assert_eq!(url, "redis://:s3cret@host.docker.internal:6380");
    }

    #[test]
    fn an_address_nothing_can_be_watched_at_is_refused() {
        for wrong in [
            Watch::Postgres("127.0.0.1:5432".into()),
            Watch::Redis("127.0.0.1:6379".into()),
            Watch::Nginx("127.0.0.1/status".into()),
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
