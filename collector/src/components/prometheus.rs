//! Prometheus, with `promtool`.

use crate::cache::Recipe;
use crate::component::{Component, Launch};
use crate::ports::Endpoint;
use crate::site::Site;

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
    Launch {
        program: "prometheus",
        args: vec![
            format!("--config.file={}", site.prometheus_yml().display()),
            format!("--storage.tsdb.path={}", data.display()),
            format!(
                "--web.listen-address={}",
                site.address(Endpoint::Prometheus)
            ),
            "--web.enable-lifecycle".to_owned(),
            "--enable-feature=exemplar-storage".to_owned(),
        ],
        env: Vec::new(),
        ready: format!("{}/-/ready", site.url(Endpoint::Prometheus)),
        dirs: vec![data],
    }
}
