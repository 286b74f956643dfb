//! The process and its runtime as they are measured: a process of its own, one test.
#![cfg(feature = "runtime")]

use std::fs;
use std::time::{Duration, Instant};

use axisor_telemetry::config::ConfigError;
use axisor_telemetry::{StartError, Telemetry, TelemetryBuilder};

fn builder() -> TelemetryBuilder {
    Telemetry::builder("test")
        .without_environment()
        .set("logging.level", "warn")
        .set("metrics.process", "true")
        .set("metrics.runtime", "true")
}

/// The sum of the samples whose series begin so.
#[track_caller]
fn sum(telemetry: &Telemetry, series: &str) -> f64 {
    let page = telemetry.exposition().expect("nothing here panics");
    let samples = page.lines().filter(|line| line.starts_with(series));
    let values: Vec<f64> = samples
        .map(|line| line.rsplit(' ').next().expect("a value"))
        .map(|value| value.parse().expect("a number"))
        .collect();
    assert!(!values.is_empty(), "no {series} in\n{page}");
    values.iter().sum()
}

fn work(seconds: f64) {
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < until {
        std::hint::black_box(0);
    }
}

#[test]
fn what_is_measured_is_true() {
    let outside = builder().init().unwrap_err();
    assert!(matches!(outside, StartError::NoRuntime), "{outside}");
    let wrong = builder().set("metrics.process", "perhaps").init();
    assert!(
        matches!(
            &wrong,
            Err(StartError::Config(ConfigError::Value {
                key: "metrics.process",
                ..
            }))
        ),
        "{wrong:?}"
    );

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .build()
        .expect("a runtime");
    let telemetry = runtime
        .block_on(async { builder().init() })
        .expect("one is installed");

    let time = |mode: &str| {
        sum(
            &telemetry,
            &format!("process_cpu_time{{cpu_mode=\"{mode}\"}}"),
        )
    };
    let before = time("user") + time("system");
    work(0.3);
    let used = time("user") + time("system") - before;
    assert!(used >= 0.1, "{used} s of processor time in 0.3 s of work");

    let open = sum(&telemetry, "process_unix_file_descriptor_count");
    let files: Vec<_> = (0..5)
        .map(|_| fs::File::open("/proc/self/stat").expect("it is there"))
        .collect();
    let opened = sum(&telemetry, "process_unix_file_descriptor_count") - open;
    assert!(
        (opened - 5.0).abs() < f64::EPSILON,
        "{opened} files for {}",
        files.len()
    );

    let memory = sum(&telemetry, "process_memory_usage");
    let kept = vec![1_u8; 64 << 20];
    let grown = sum(&telemetry, "process_memory_usage") - memory;
    assert!(
        (6.0e7..9.0e7).contains(&grown),
        "{grown} bytes for {}",
        kept.len()
    );
    assert!(sum(&telemetry, "process_memory_virtual") > grown);
    assert!(sum(&telemetry, "process_thread_count") >= 4.0);

    assert!((sum(&telemetry, "tokio_workers") - 3.0).abs() < f64::EPSILON);
    let tasks = sum(&telemetry, "tokio_alive_tasks");
    let task = runtime.spawn(std::future::pending::<()>());
    assert!((sum(&telemetry, "tokio_alive_tasks") - tasks - 1.0).abs() < f64::EPSILON);
    task.abort();
    runtime
        .block_on(runtime.spawn(async { work(0.2) }))
        .expect("no panic");
    let busy = sum(&telemetry, "tokio_worker_busy_duration");
    assert!(busy >= 150.0, "{busy} ms busy after 200 ms of work");
    assert!(sum(&telemetry, "tokio_worker_park_count") >= 1.0);
    telemetry
        .shutdown(Duration::from_secs(5))
        .expect("nothing is sent");
}
