//! Every panel of every dashboard has data while the trading system runs, and is drawn.

use std::fs;
use std::process::{Command, Stdio};

use axisor_stack::dashboards;

#[test]
fn every_panel_has_data_of_the_running_system_and_a_picture() {
    let dir = tempfile::tempdir().expect("a directory");
    let output = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["pictures", "--for", "25s", "--dir"])
        .arg(dir.path())
        .stdin(Stdio::null())
        .output()
        .expect("the demo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let picture = |name: &str| {
        let picture = fs::read_to_string(dir.path().join(format!("{name}.svg")));
        picture.unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    for dashboard in dashboards::all().expect("dashboards") {
        let svg = picture(dashboard.uid);
        for panel in dashboard.rows.iter().flat_map(|row| &row.panels) {
            assert!(
                svg.contains(panel.title),
                "{} of {}",
                panel.title,
                dashboard.uid
            );
        }
    }
    let trace = picture("trace");
    for span in ["POST /api/automations/:id/execute", "process notifications"] {
        assert!(trace.contains(span), "{span} in {trace}");
    }
}
