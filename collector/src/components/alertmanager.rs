//! Alertmanager, with `amtool`.
//!
//! Built like the others, in the last version whose module carries its page. Debian's package would
//! be a download only, but its program opens `/usr/share/prometheus/alertmanager/default.tmpl` and
//! does not start from any other place than an installed package, and it reads neither Telegram's
//! token nor a webhook's URL from a file.

use crate::cache::Recipe;
use crate::component::{Component, Launch};
use crate::ports::Endpoint;
use crate::site::Site;

pub(crate) const RECIPE: Recipe = Recipe {
    component: Component::Alertmanager,
    version: "0.31.1",
    dir: "alertmanager-build",
    files: &["go.mod", "go.sum"],
    steps: &[&[
        "build",
        "-ldflags=-s -w",
        "-tags=netgo",
        "-o",
        "{bin}/",
        "github.com/prometheus/alertmanager/cmd/alertmanager",
        "github.com/prometheus/alertmanager/cmd/amtool",
    ]],
    minutes: 1,
};

pub(crate) fn launch(site: &Site) -> Launch {
    let data = site.data(Component::Alertmanager);
    Launch {
        program: "alertmanager".to_owned(),
        args: vec![
            format!("--config.file={}", site.alertmanager_yml().display()),
            format!("--storage.path={}", data.display()),
            format!(
                "--web.listen-address={}",
                site.address(Endpoint::Alertmanager)
            ),
            // One instance: no gossip, and no port for it.
            "--cluster.listen-address=".to_owned(),
        ],
        env: Vec::new(),
        ready: Some(format!("{}/-/ready", site.url(Endpoint::Alertmanager))),
        dirs: vec![data],
    }
}
