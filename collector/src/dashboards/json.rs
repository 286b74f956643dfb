//! Dashboards as Grafana reads them.

use serde_json::{Value, json};

use super::Dashboard;
use super::panel::{Kind, Panel, Query, Row, Threshold, Unit};

/// Columns of Grafana's grid, and what panels take of it.
const COLUMNS: usize = 24;
const HEIGHT: usize = 8;
/// How many panels are beside each other.
const BESIDE: usize = 3;

impl Dashboard {
    /// The dashboard's [JSON model](https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/).
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["axisor"],
            "timezone": "browser",
            "editable": false,
            "graphTooltip": 1,
            "schemaVersion": 41,
            "refresh": "10s",
            "time": {"from": "now-1h", "to": "now"},
            "links": [others()],
            "templating": {"list": self.variables.iter().map(variable).collect::<Vec<_>>()},
            "panels": panels(&self.rows),
        })
    }
}

/// A menu of all the others, which have the same tag.
fn others() -> Value {
    json!({
        "type": "dashboards",
        "title": "Axisor",
        "icon": "external link",
        "tooltip": "",
        "url": "",
        "tags": ["axisor"],
        "asDropdown": true,
        "targetBlank": false,
        "includeVars": false,
        "keepTime": true,
    })
}

/// Every value that a label has among a series, all of them chosen.
fn variable((label, series): &(&str, &str)) -> Value {
    json!({
        "type": "query",
        "name": label,
        "label": label,
        "datasource": source(),
        "query": format!("label_values({series}, {label})"),
        "refresh": 2,
        "sort": 1,
        "multi": true,
        "includeAll": true,
        "allValue": ".*",
        "current": {"selected": true, "text": "All", "value": "$__all"},
    })
}

fn panels(rows: &[Row]) -> Vec<Value> {
    let mut panels = Vec::new();
    let mut y = 0;
    for row in rows {
        let id = panels.len() + 1;
        let place = json!({"x": 0, "y": y, "w": COLUMNS, "h": 1});
        panels.push(json!({"type": "row", "id": id, "title": row.title, "collapsed": false, "gridPos": place, "panels": []}));
        y += 1;
        for (number, panel) in row.panels.iter().enumerate() {
            let width = COLUMNS / BESIDE.min(row.panels.len());
            let (line, column) = (number / BESIDE, number % BESIDE);
            let place =
                json!({"x": column * width, "y": y + line * HEIGHT, "w": width, "h": HEIGHT});
            panels.push(panel.to_json(panels.len() + 1, &place));
        }
        y += row.panels.len().div_ceil(BESIDE) * HEIGHT;
    }
    panels
}

fn source() -> Value {
    json!({"type": "prometheus", "uid": "prometheus"})
}

impl Panel {
    fn to_json(&self, id: usize, place: &Value) -> Value {
        let links: Vec<_> = self.runbooks.iter().map(runbook).collect();
        let targets = self
            .queries
            .iter()
            .zip('A'..)
            .map(|(query, letter)| query.to_json(letter));
        let kind = match self.kind {
            Kind::Graph => "timeseries",
            Kind::Stat => "stat",
        };
        json!({
            "type": kind,
            "id": id,
            "title": self.title,
            "description": self.description,
            "datasource": source(),
            "gridPos": place,
            "links": links,
            "targets": targets.collect::<Vec<_>>(),
            "fieldConfig": {"defaults": self.defaults(), "overrides": []},
            "options": self.options(),
        })
    }

    fn defaults(&self) -> Value {
        let mut defaults = json!({
            "unit": self.unit.id(),
            "thresholds": {"mode": "absolute", "steps": self.steps()},
        });
        if self.unit == Unit::Health {
            defaults["mappings"] = json!([{"type": "value", "options": {
                "0": {"text": "down", "color": "red", "index": 0},
                "1": {"text": "up", "color": "green", "index": 1},
            }}]);
        }
        if let Some(largest) = self.unit.largest() {
            (defaults["min"], defaults["max"]) = (json!(0), json!(largest));
        }
        if self.kind == Kind::Graph && self.threshold.is_some() {
            defaults["custom"] = json!({"thresholdsStyle": {"mode": "line"}});
        }
        defaults
    }

    fn steps(&self) -> Value {
        match self.threshold {
            None => json!([{"value": null, "color": "green"}]),
            Some(Threshold::Above(number)) => {
                json!([{"value": null, "color": "green"}, {"value": number, "color": "red"}])
            }
            Some(Threshold::Below(number)) => {
                json!([{"value": null, "color": "red"}, {"value": number, "color": "green"}])
            }
        }
    }

    fn options(&self) -> Value {
        match self.kind {
            Kind::Graph => json!({
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Kind::Stat => json!({
                "graphMode": "none",
                "colorMode": "background",
                "justifyMode": "auto",
                "textMode": "value_and_name",
                "wideLayout": true,
                "showPercentChange": false,
                "percentChangeColorMode": "standard",
                "orientation": "auto",
                "reduceOptions": {"calcs": ["lastNotNull"], "values": false, "fields": ""},
            }),
        }
    }
}

fn runbook((alert, url): &(String, String)) -> Value {
    json!({"title": format!("Runbook: {alert}"), "url": url, "targetBlank": true})
}

impl Query {
    fn to_json(&self, letter: char) -> Value {
        json!({
            "refId": letter,
            "datasource": source(),
            "expr": self.expression,
            "legendFormat": self.legend,
            "exemplar": self.exemplars,
            "range": true,
        })
    }
}

impl Unit {
    /// Its [id](https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts) in Grafana.
    fn id(self) -> &'static str {
        match self {
            Unit::Count | Unit::Health => "short",
            Unit::PerSecond => "ops",
            Unit::Seconds => "s",
            Unit::Percent => "percent",
            Unit::Share => "percentunit",
            Unit::Bytes => "bytes",
        }
    }

    /// The most there can be.
    fn largest(self) -> Option<u8> {
        match self {
            Unit::Percent => Some(100),
            Unit::Health => Some(1),
            _ => None,
        }
    }
}
