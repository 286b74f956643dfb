//! The recordings of the original service, behind OTLP.

use std::path::Path;

use axisor_tests::golden::{Recording, Report, Through, run};

async fn play(dir: &str, through: Through) -> Report {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let recordings = Recording::read_all(&dir).expect("recordings");
    run(recordings, through).await.expect("a run")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recording_is_met_on_the_collectors_page() {
    let report = play("golden", Through::Collector).await;
    assert_eq!(report.differences(), 0, "{report}");
    assert!(report.compared() > 1500, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recording_is_met_in_prometheus() {
    let report = play("golden", Through::Prometheus).await;
    assert_eq!(report.differences(), 0, "{report}");
    assert!(report.compared() > 1500, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_with_metrics_of_the_same_name_do_not_disturb_each_other() {
    let report = play("format", Through::Collector).await;
    assert_eq!(report.differences(), 0, "{report}");
}
