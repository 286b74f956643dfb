//! The polled gauges.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axisor_telemetry::Telemetry;
use axisor_telemetry::poll::Polled;
use tokio::sync::Mutex;

use crate::seen::{self, value};

type Reading = Result<f64, &'static str>;

fn connections(telemetry: &Telemetry) -> Option<f64> {
    value(telemetry, "axisor_database_connections", &[])
}

fn failures(telemetry: &Telemetry) -> Option<f64> {
    let labels = [("poll", "database_connections")];
    value(telemetry, "axisor_poll_failures_total", &labels)
}

/// A poll that reads one answer after the other.
fn reading(answers: Vec<Reading>) -> impl Fn() -> std::future::Ready<Reading> {
    let next = AtomicUsize::new(0);
    move || std::future::ready(answers[next.fetch_add(1, Ordering::Relaxed)])
}

fn polling(answers: Vec<Reading>) -> Telemetry {
    seen::builder()
        .poll(Polled::DatabaseConnections, reading(answers))
        .build()
        .unwrap()
}

#[tokio::test]
async fn each_gauge_follows_its_own_poll() {
    let telemetry = seen::builder()
        .poll(
            Polled::DatabaseConnections,
            reading(vec![Ok(17.0), Ok(81.0)]),
        )
        .poll(Polled::ActiveUsers, reading(vec![Ok(250.0)]))
        .build()
        .unwrap();
    let users = || value(&telemetry, "axisor_active_users", &[]);
    assert_eq!((connections(&telemetry), users()), (Some(0.0), Some(0.0)));
    telemetry
        .polls()
        .run_once(Polled::DatabaseConnections)
        .await;
    assert_eq!((connections(&telemetry), users()), (Some(17.0), Some(0.0)));
    telemetry.polls().run_once(Polled::ActiveUsers).await;
    telemetry
        .polls()
        .run_once(Polled::DatabaseConnections)
        .await;
    assert_eq!(
        (connections(&telemetry), users()),
        (Some(81.0), Some(250.0))
    );
    assert_eq!(failures(&telemetry), None);
}

#[tokio::test]
async fn a_failed_poll_writes_0_and_is_counted() {
    let telemetry = polling(vec![
        Ok(17.0),
        Err("connection terminated"),
        Ok(f64::NAN),
        Ok(-1.0),
        Ok(3.0),
    ]);
    let polls = telemetry.polls();
    polls.run_once(Polled::DatabaseConnections).await;
    assert_eq!(
        (connections(&telemetry), failures(&telemetry)),
        (Some(17.0), None)
    );
    for failed in [1.0, 2.0, 3.0] {
        polls.run_once(Polled::DatabaseConnections).await;
        assert_eq!(
            (connections(&telemetry), failures(&telemetry)),
            (Some(0.0), Some(failed))
        );
    }
    polls.run_once(Polled::DatabaseConnections).await;
    assert_eq!(
        (connections(&telemetry), failures(&telemetry)),
        (Some(3.0), Some(3.0))
    );
}

#[tokio::test]
async fn a_poll_is_logged_once_as_it_begins_to_fail_and_once_as_it_is_well_again() {
    let down = Err("postgres://axisor:hunter2@postgres is down");
    let telemetry = polling(vec![Ok(1.0), down, down, Ok(1.0), Ok(1.0), down]);
    let log = seen::Log::default();
    let _logging = log.install();
    for _ in 0..6 {
        telemetry
            .polls()
            .run_once(Polled::DatabaseConnections)
            .await;
    }
    let text = log.text();
    assert_eq!(log.levels(), ["WARN", "INFO", "WARN"], "{text}");
    assert!(
        text.contains("is down") && !text.contains("hunter2"),
        "{text}"
    );
}

#[tokio::test]
async fn a_poll_that_panics_has_failed() {
    let panics = async || -> Reading { panic!("no rows") };
    let telemetry = seen::builder()
        .poll(Polled::DatabaseConnections, panics)
        .build()
        .unwrap();
    telemetry
        .polls()
        .run_once(Polled::DatabaseConnections)
        .await;
    assert_eq!(failures(&telemetry), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_never_answers_has_failed() {
    let hangs = || std::future::pending::<Reading>();
    let telemetry = seen::builder()
        .poll(Polled::DatabaseConnections, hangs)
        .build()
        .unwrap();
    telemetry
        .polls()
        .run_once(Polled::DatabaseConnections)
        .await;
    assert_eq!(
        (connections(&telemetry), failures(&telemetry)),
        (Some(0.0), Some(1.0))
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_poll_comes_after_one_interval() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Reading::Ok(1.0))
    };
    let telemetry = seen::builder()
        .poll(Polled::DatabaseConnections, count)
        .build()
        .unwrap();
    let running = telemetry.polls().start();
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    drop(running);
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(runs.load(Ordering::Relaxed), 3, "dropped, it polls no more");
}

#[tokio::test(start_paused = true)]
async fn polls_never_overlap_and_an_older_answer_never_overwrites_a_newer_one() {
    let running = Arc::new(Mutex::new(()));
    let next = Arc::new(AtomicUsize::new(0));
    let read = move || {
        let running = Arc::clone(&running);
        let turn = next.fetch_add(1, Ordering::Relaxed);
        async move {
            let _alone = running.try_lock().map_err(|_| "overlaps")?;
            // the first is the slowest
            tokio::time::sleep(Duration::from_secs(if turn == 0 { 5 } else { 1 })).await;
            Reading::Ok(if turn == 0 { 1.0 } else { 2.0 })
        }
    };
    let telemetry = seen::builder()
        .poll(Polled::DatabaseConnections, read)
        .build()
        .unwrap();
    let polls = telemetry.polls();
    tokio::join!(
        polls.run_once(Polled::DatabaseConnections),
        polls.run_once(Polled::DatabaseConnections)
    );
    assert_eq!(
        (connections(&telemetry), failures(&telemetry)),
        (Some(2.0), None)
    );
}

#[tokio::test]
async fn a_poll_nobody_registered_does_nothing() {
    let telemetry = seen::builder().build().unwrap();
    telemetry.polls().run_once(Polled::ActiveUsers).await;
    assert_eq!(value(&telemetry, "axisor_active_users", &[]), Some(0.0));
}
