//! axisor-telemetry.

use std::any::Any;
use std::time::Duration;

use axisor_telemetry::{Telemetry, TelemetryGuard};

use super::Running;
use crate::{Case, Scenario};

const DEADLINE: Duration = Duration::from_mins(1);

pub(super) struct Ours {
    telemetry: TelemetryGuard,
    scenario: Scenario,
}

impl Ours {
    pub(super) fn start(case: &Case) -> Self {
        let mut settings = Telemetry::builder("cost")
            .without_environment()
            .set("logging.level", "error");
        match case.scenario {
            Scenario::Counter => settings = settings.set("traces.level", "off"),
            Scenario::Refused => settings = settings.set("traces.sampler", "always_off"),
            _ => {}
        }
        if let Some(endpoint) = &case.endpoint {
            settings = settings.set("otlp.traces.endpoint", endpoint);
        }
        Self {
            telemetry: settings.init().expect("these settings are right"),
            scenario: case.scenario,
        }
    }
}

impl Running for Ours {
    fn enter(&self) -> Box<dyn Any> {
        super::parent(self.scenario)
    }

    fn flush(&self) {
        if self.scenario.exports() {
            let report = self.telemetry.force_flush(DEADLINE);
            report.expect("the receiver of the spans is there");
        }
    }

    fn end(self: Box<Self>, calls: u64) {
        let page = self.telemetry.exposition().expect("nothing here panics");
        let sample = format!(
            "axisor_automation_executions_total{{automation_type=\"cost\",status=\"success\"}} {calls}\n"
        );
        assert!(page.contains(&sample), "{calls} calls are not in\n{page}");
        let report = self.telemetry.shutdown(DEADLINE);
        report.expect("the receiver of the spans is there");
    }
}
