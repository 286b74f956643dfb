//! What keeps a stack from starting is said so that it can be helped.

use std::fs;
use std::net::TcpListener;

use axisor_stack::{Component, Endpoint, Progress, Stack, StartError, Watch};

use crate::support::quick;

#[tokio::test]
async fn a_port_in_use_is_named_with_its_owner_and_the_remedy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = quick()
        .port(Endpoint::Alertmanager, port)
        .progress(Progress::Silent)
        .start()
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, StartError::PortInUse { .. }), "{error:?}");
    for part in [
        &port.to_string(),
        "alertmanager",
        "--port alertmanager=PORT",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[tokio::test]
async fn a_component_that_dies_shows_its_last_words_and_takes_the_others_with_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("data/prometheus")).unwrap();
    fs::write(dir.path().join("data/prometheus/wal"), "not a directory").unwrap();
    let error = quick().dir(dir.path()).start().await.unwrap_err();
    assert!(
        matches!(
            error,
            StartError::Died {
                component: Component::Prometheus,
                ..
            }
        ),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.contains("logs/prometheus.log"), "{text}");
    assert!(text.contains("wal"), "{text}");
}

#[tokio::test]
async fn two_stacks_do_not_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let one = || quick().only([Component::Alertmanager]).dir(dir.path());
    let first = one().start().await.unwrap();
    let second = one().start().await;
    assert!(
        matches!(second, Err(StartError::DirectoryInUse { .. })),
        "{second:?}"
    );
    first.down().await.unwrap();
    one().start().await.unwrap().down().await.unwrap();
    assert!(dir.path().join("logs/alertmanager.log").exists());
}

#[tokio::test]
async fn a_job_that_is_not_in_the_file_is_refused() {
    let error = quick().target("backend", "127.0.0.1:1").start().await;
    let StartError::Render(cause) = error.unwrap_err() else {
        panic!("not about rendering");
    };
    let text = cause.to_string();
    assert!(
        text.contains("`backend`") && text.contains("axisor-backend"),
        "{text}"
    );
}

#[tokio::test]
async fn a_target_with_a_scheme_is_refused() {
    let error = quick().target("redis", "http://127.0.0.1:1").start().await;
    let StartError::Render(cause) = error.unwrap_err() else {
        panic!("not about rendering");
    };
    assert!(cause.to_string().contains("`host:port`"), "{cause}");
}

#[tokio::test]
async fn an_address_nothing_can_be_watched_at_is_named_with_what_is_expected() {
    let error = quick().watch(Watch::Redis("localhost:6379".to_owned()));
    let error = error.start().await.unwrap_err();
    assert!(matches!(error, StartError::Watch(_)), "{error:?}");
    let text = error.to_string();
    for part in ["`localhost:6379`", "`redis`", "redis://host:port"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[tokio::test]
async fn docker_where_none_answers_is_refused_with_the_way_without_it() {
    if crate::compose::engine_answers().await {
        eprintln!("an engine answers here: nothing to refuse");
        return;
    }
    let error = Stack::builder().docker().start().await.unwrap_err();
    let StartError::Docker(cause) = error else {
        panic!("not about Docker: {error}");
    };
    assert!(cause.to_string().contains("--native"), "{cause}");
}
