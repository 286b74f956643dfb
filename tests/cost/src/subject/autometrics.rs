//! autometrics with its backend `prometheus`.

use autometrics::settings::AutometricsSettings;
use prometheus::TextEncoder;

use super::Running;

pub(super) struct Autometrics(&'static AutometricsSettings);

impl Autometrics {
    pub(super) fn start() -> Self {
        Self(AutometricsSettings::builder().service_name("cost").init())
    }
}

impl Running for Autometrics {
    fn end(self: Box<Self>, calls: u64) {
        let families = self.0.prometheus_registry().gather();
        let page = TextEncoder::new()
            .encode_to_string(&families)
            .expect("its metrics are right");
        let counted = page.lines().any(|line| {
            line.starts_with("function_calls_total{") && line.ends_with(&format!("}} {calls}"))
        });
        assert!(counted, "{calls} calls are not in\n{page}");
    }
}
