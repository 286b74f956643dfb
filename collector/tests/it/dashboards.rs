//! Dashboards are what their source says, and say what they show.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use axisor_stack::dashboards::{self, Dashboard, Panel, Threshold};
use serde_json::Value;

use crate::support::committed_yaml;

fn all() -> Vec<Dashboard> {
    dashboards::all().unwrap()
}

fn panels(dashboard: &Dashboard) -> impl Iterator<Item = &Panel> {
    dashboard.rows.iter().flat_map(|row| &row.panels)
}

#[test]
fn the_committed_files_are_what_the_command_writes() {
    let fresh = tempfile::tempdir().unwrap();
    let files = dashboards::write(fresh.path()).unwrap();
    let committed: BTreeSet<_> = fs::read_dir(dashboards::committed_dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    let names: BTreeSet<_> = files
        .iter()
        .map(|file| file.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(committed, names);
    for file in files {
        let name = file.file_name().unwrap();
        let committed = fs::read_to_string(dashboards::committed_dir().join(name)).unwrap();
        let fresh = fs::read_to_string(&file).unwrap();
        assert!(
            committed == fresh,
            "{name:?} is not what `cargo stack dashboards` writes"
        );
    }
}

#[test]
fn every_panel_says_what_it_shows() {
    for dashboard in all() {
        assert!(dashboard.description.ends_with('.'), "{}", dashboard.uid);
        for panel in panels(&dashboard) {
            let title = panel.title;
            assert!(!panel.description.is_empty(), "{title}");
            assert!(!panel.queries.is_empty(), "{title}");
            let legends: BTreeSet<_> = panel.queries.iter().map(|query| query.legend).collect();
            assert_eq!(legends.len(), panel.queries.len(), "{title}: {legends:?}");
            assert!(!legends.contains(""), "{title}");
        }
    }
}

/// A legend names labels that the expression keeps, and all series of it can be told apart.
#[test]
fn every_legend_names_what_the_expression_is_grouped_by() {
    for dashboard in all() {
        for query in panels(&dashboard).flat_map(|panel| &panel.queries) {
            for label in query.legend.split("{{").skip(1) {
                let label = label.split("}}").next().unwrap();
                let kept = query.expression.contains(label)
                    || ["slo", "instance", "mountpoint"].contains(&label); // of recorded and exporters' series
                assert!(kept, "{label} in {}", query.expression);
            }
        }
    }
}

#[test]
fn ids_and_addresses_are_one_panels_and_one_dashboards() {
    let dashboards = all();
    let uids: BTreeSet<_> = dashboards.iter().map(|dashboard| dashboard.uid).collect();
    assert_eq!(uids.len(), dashboards.len());
    for dashboard in &dashboards {
        let json = dashboard.to_json();
        let panels = json["panels"].as_array().unwrap();
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels.len());
    }
}

#[test]
fn panels_are_beside_and_below_each_other() {
    for dashboard in all() {
        let json = dashboard.to_json();
        let mut taken = BTreeMap::new();
        for panel in json["panels"].as_array().unwrap() {
            let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(at("x") + at("w") <= 24, "{panel}");
            for (x, y) in (at("x")..at("x") + at("w"))
                .flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y)))
            {
                let other = taken.insert((x, y), panel["title"].clone());
                assert_eq!(other, None, "{} of {}", panel["title"], dashboard.uid);
            }
        }
    }
}

/// Thresholds are read from the rules; this reads them once more, by eye.
#[test]
fn thresholds_are_those_of_the_alerts() {
    let dashboards = all();
    let mut found = BTreeMap::new();
    for panel in dashboards.iter().flat_map(panels) {
        if let (Some(threshold), Some((alert, _))) = (panel.threshold, panel.runbooks.first()) {
            found.insert(alert.as_str(), threshold);
        }
    }
    for (alert, expected) in [
        ("HighErrorRate", Threshold::Above(5.0)),
        ("HighResponseTime", Threshold::Above(2.0)),
        ("LowSuccessfulTrades", Threshold::Below(0.8)),
        ("PaymentProcessingFailed", Threshold::Above(0.1)),
        ("WorkerQueueBacklog", Threshold::Above(1000.0)),
        ("DatabaseHighConnections", Threshold::Above(80.0)),
        ("HighCPUUsage", Threshold::Above(80.0)),
        ("HighMemoryUsage", Threshold::Above(85.0)),
        ("DiskSpaceLow", Threshold::Below(10.0)),
        ("DatabaseDown", Threshold::Below(1.0)),
    ] {
        assert_eq!(found.get(alert), Some(&expected), "{alert}");
    }
}

#[test]
fn grafana_finds_them_and_their_sources() {
    let providers = committed_yaml("grafana/provisioning/dashboards/stack.yaml");
    let path = providers["providers"][0]["options"]["path"]
        .as_str()
        .unwrap();
    let compose = committed_yaml("compose.yaml");
    let mounts = compose["services"]["grafana"]["volumes"]
        .as_array()
        .unwrap();
    let mount = Value::from(format!("./grafana/dashboards:{path}:ro"));
    assert!(mounts.contains(&mount), "{mounts:?}");
    let sources = committed_yaml("grafana/provisioning/datasources/stack.yaml");
    let sources = sources["datasources"].as_array().unwrap();
    for dashboard in all() {
        for panel in dashboard.to_json()["panels"].as_array().unwrap() {
            let source = &panel["datasource"];
            let known =
                |known: &Value| known["uid"] == source["uid"] && known["type"] == source["type"];
            assert!(
                panel["type"] == "row" || sources.iter().any(known),
                "{source}"
            );
        }
    }
}
