//! The recordings of the original service, on the service's own `/metrics`.

use std::path::Path;

use axisor_tests::golden::{Recording, Through, run};

#[tokio::test(flavor = "multi_thread")]
async fn every_recording_is_met_on_the_services_own_page() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let recordings = Recording::read_all(&dir).expect("the recordings");
    let report = run(recordings, Through::InProcess).await.expect("a run");
    assert_eq!(report.differences(), 0, "{report}");
    assert!(report.compared() > 1000, "{report}");
}
