//! Prometheus, with `promtool`.

use std::time::Duration;

use crate::cache::Recipe;
use crate::component::{Component, Launch};
use crate::ports::Endpoint;
use crate::site::{Site, milliseconds};

pub(crate) const RECIPE: Recipe = Recipe {
    component: Component::Prometheus,
    version: "3.16.0",
    dir: "prometheus-build",
    files: &["go.mod", "go.sum"],
    steps: &[&[
        "build",
        "-ldflags=-s -w",
        // Service discovery of clouds we do not ask would triple the build.
        "-tags=netgo,remove_all_sd",
        "-o",
        "{bin}/",
        "github.com/prometheus/prometheus/cmd/prometheus",
        "github.com/prometheus/prometheus/cmd/promtool",
    ]],
    minutes: 4,
};

pub(crate) fn launch(site: &Site) -> Launch {
    let data = site.data(Component::Prometheus);
    let mut args = vec![
        format!("--config.file={}", site.prometheus_yml().display()),
        format!("--storage.tsdb.path={}", data.display()),
        // Error budgets look back 30 days, the default is 15.
        "--storage.tsdb.retention.time=35d".to_owned(),
        format!(
            "--web.listen-address={}",
            site.address(Endpoint::Prometheus)
        ),
        "--web.enable-lifecycle".to_owned(),
        "--enable-feature=exemplar-storage".to_owned(),
    ];
    args.extend(look_at_targets_often(site));
    args.extend(resend_in_haste(site));
    Launch {
        program: "prometheus".to_owned(),
        args,
        env: Vec::new(),
        ready: Some(format!("{}/-/ready", site.url(Endpoint::Prometheus))),
        dirs: vec![data],
    }
}

/// A minute by default. After four Alertmanager holds an alert for over that it was not sent again, as those of a
/// Prometheus that died.
fn resend_in_haste(site: &Site) -> Option<String> {
    let delay = Duration::from_secs(60) / site.haste?;
    let delay = milliseconds(delay);
    Some(format!("--rules.alert.resend-delay={delay}"))
}

/// After its start and after a reload Prometheus takes up targets 5 s later, whatever the scrape
/// interval: long in a test.
fn look_at_targets_often(site: &Site) -> Option<String> {
    let interval = milliseconds(site.scrape_interval?);
    Some(format!("--scrape.discovery-reload-interval={interval}"))
}
