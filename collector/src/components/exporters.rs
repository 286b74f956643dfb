//! The exporters, which ask what does not speak Prometheus' language itself. Debian's packages.
//!
//! Where to ask is in their environment, not their arguments: it may have a password.

use crate::component::Launch;
use crate::ports::Endpoint;
use crate::site::{Site, committed};
use crate::watch::Watch;

pub(crate) fn postgres(site: &Site) -> Launch {
    launch(site, Endpoint::PostgresExporter, "")
}

pub(crate) fn redis(site: &Site) -> Launch {
    launch(site, Endpoint::RedisExporter, "/health")
}

/// It listens once nginx has answered for the first time, and by default ends if that does not.
pub(crate) fn nginx(site: &Site) -> Launch {
    let mut launch = launch(site, Endpoint::NginxExporter, "");
    launch.ready = None;
    launch.env.push(("NGINX_RETRIES", u32::MAX.to_string()));
    launch.env.push(("NGINX_RETRY_INTERVAL", "1s".to_owned()));
    launch
}

pub(crate) fn node(site: &Site) -> Launch {
    launch(site, Endpoint::NodeExporter, "")
}

pub(crate) fn blackbox(site: &Site) -> Launch {
    let mut launch = launch(site, Endpoint::BlackboxExporter, "/-/healthy");
    let modules = committed("blackbox/blackbox.yml");
    let modules = format!("--config.file={}", modules.display());
    launch.args.push(modules);
    launch.args.extend(answer_in_time(site));
    launch
}

/// The prober gives up half a second before Prometheus does, which may be all there is in a test.
fn answer_in_time(site: &Site) -> Option<String> {
    let seconds = site.scrape_interval?.as_secs_f64() / 10.0;
    Some(format!("--timeout-offset={seconds}"))
}

/// `ready` is the path that says so without asking what is watched.
fn launch(site: &Site, endpoint: Endpoint, ready: &str) -> Launch {
    let component = endpoint.component();
    let watched = site.watched.values();
    let watched = watched.filter(|watch| watch.exporter() == component);
    Launch {
        program: component.package(),
        args: vec![format!("--web.listen-address={}", site.address(endpoint))],
        env: watched.filter_map(Watch::environment).collect(),
        ready: Some(format!("{}{ready}", site.url(endpoint))),
        dirs: Vec::new(),
    }
}
