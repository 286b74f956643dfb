//! What the dashboards show of a running system: asked as Grafana would ask, and drawn.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axisor_stack::dashboards::{Dashboard, Panel, Query};
use axisor_tests::ApiError;
use axisor_tests::prometheus::{Line, Prometheus};

/// What stands for Grafana's `$__rate_interval`, and for the time between two points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) rate: Duration,
    pub(crate) step: Duration,
}

/// Of a panel's exemplars those of the longest are shown.
const MOST_EXEMPLARS: usize = 60;

/// A panel with its data.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) panel: &'a Panel,
    pub(crate) lines: Vec<(String, Vec<(f64, f64)>)>,
    /// When and what, of those that lead to a trace.
    pub(crate) exemplars: Vec<(f64, f64)>,
}

/// A dashboard with the data of its panels.
pub(crate) type Page<'a> = (&'a Dashboard, Vec<Shown<'a>>);

/// The system that dashboards look at.
#[derive(Debug)]
pub(crate) struct Boards {
    pub(crate) prometheus: Prometheus,
    pub(crate) pace: Pace,
    /// From when to when, in seconds since 1970.
    pub(crate) range: (f64, f64),
}

impl Boards {
    /// The panels of all these dashboards, asked with every value of their variables.
    pub(crate) async fn show<'a>(
        &self,
        dashboards: &'a [Dashboard],
    ) -> Result<Vec<Page<'a>>, ApiError> {
        let mut pages = Vec::new();
        for dashboard in dashboards {
            let mut shown = Vec::new();
            for panel in dashboard.rows.iter().flat_map(|row| &row.panels) {
                shown.push(self.panel(dashboard, panel).await?);
            }
            pages.push((dashboard, shown));
        }
        Ok(pages)
    }

    async fn panel<'a>(
        &self,
        dashboard: &Dashboard,
        panel: &'a Panel,
    ) -> Result<Shown<'a>, ApiError> {
        let (mut lines, mut exemplars) = (Vec::new(), Vec::new());
        for query in &panel.queries {
            let expression = self.expression(dashboard, query);
            let step = self.pace.step.as_secs_f64();
            for line in self.prometheus.range(&expression, self.range, step).await? {
                let name = legend(query.legend, &line);
                let points = line
                    .points
                    .into_iter()
                    .filter(|(_, value)| value.is_finite());
                lines.push((name, points.collect::<Vec<_>>()));
            }
            if query.exemplars {
                let found = self.prometheus.exemplars(&expression).await?;
                exemplars.extend(found.iter().map(|exemplar| (exemplar.time, exemplar.value)));
            }
        }
        lines.retain(|(_, points)| !points.is_empty());
        exemplars.retain(|(time, _)| (self.range.0..=self.range.1).contains(time));
        exemplars.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        exemplars.truncate(MOST_EXEMPLARS);
        Ok(Shown {
            panel,
            lines,
            exemplars,
        })
    }

    /// As Grafana sends it, with everything chosen.
    fn expression(&self, dashboard: &Dashboard, query: &Query) -> String {
        let rate = format!("{}ms", self.pace.rate.as_millis());
        let expression = query.expression.replace("$__rate_interval", &rate);
        let chosen = |expression: String, (label, _): &(&str, &str)| {
            expression.replace(&format!("${label}"), ".*")
        };
        dashboard.variables.iter().fold(expression, chosen)
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs_f64()
}

/// `{{label}}` replaced with its value.
fn legend(pattern: &str, line: &Line) -> String {
    let with_value = |name: String, (label, value): (&String, &String)| {
        name.replace(&format!("{{{{{label}}}}}"), value)
    };
    line.labels.iter().fold(pattern.to_owned(), with_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_has_the_values_of_its_labels() {
        let labels = [("queue", "payments"), ("status", "success")];
        let labels = labels.map(|(label, value)| (label.to_owned(), value.to_owned()));
        let line = Line {
            labels: labels.into(),
            points: Vec::new(),
        };
        assert_eq!(legend("{{queue}} {{status}}", &line), "payments success");
        assert_eq!(legend("median", &line), "median");
    }
}
