//! Jobs through a real Redis stream: in the entry's fields, delivered, delivered again, counted.

use axisor_telemetry::Telemetry;
use axisor_telemetry::jobs::JobCarrier;
use axisor_telemetry::poll::Polled;
use axisor_tests::redis::RedisServer;
use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt as _, TraceId};
use redis::aio::ConnectionManager;
use redis::streams::{StreamAutoClaimReply, StreamId, StreamPendingCountReply, StreamReadReply};
use redis::{FromRedisValue, RedisError, Value};

use crate::polls::value;
use crate::redis::connection;
use crate::watched::builder;

const STREAM: &str = "margin-checks";
const GROUP: &str = "workers";

/// What the position of a job stands under, beside its carrier.
const POSITION: &str = "position";

async fn run<T: FromRedisValue>(redis: &ConnectionManager, arguments: &[&str]) -> T {
    let mut command = redis::cmd(arguments[0]);
    command.arg(&arguments[1..]);
    let done = command.query_async(&mut redis.clone()).await;
    done.unwrap_or_else(|error: RedisError| panic!("{arguments:?}: {error}"))
}

async fn add(redis: &ConnectionManager, position: &str, carrier: &JobCarrier) {
    let pairs: Vec<_> = carrier.pairs().collect();
    let fields = pairs.iter().flat_map(|(key, value)| [*key, value.as_str()]);
    let mut arguments = vec!["XADD", STREAM, "*", POSITION, position];
    arguments.extend(fields);
    run::<String>(redis, &arguments).await;
}

/// The next entry that was never delivered.
async fn read(redis: &ConnectionManager, consumer: &str) -> StreamId {
    let arguments = [
        "XREADGROUP",
        "GROUP",
        GROUP,
        consumer,
        "COUNT",
        "1",
        "STREAMS",
        STREAM,
        ">",
    ];
    let mut reply: StreamReadReply = run(redis, &arguments).await;
    reply.keys.remove(0).ids.remove(0)
}

fn carrier(entry: &StreamId) -> JobCarrier {
    JobCarrier::from_pairs(entry.map.iter().filter_map(|(key, value)| match value {
        Value::BulkString(bytes) => Some((key, bytes)),
        _ => None,
    }))
}

fn trace() -> TraceId {
    Context::current().span().span_context().trace_id()
}

/// Sends a job, and says which trace it belongs to.
async fn send(telemetry: &Telemetry, redis: &ConnectionManager, position: &str) -> TraceId {
    let queue = telemetry.queue(STREAM).system("redis");
    let send = async |carrier| {
        add(redis, position, &carrier).await;
        Ok::<_, RedisError>(trace())
    };
    queue.send(send).await.expect("sent")
}

/// Does a job, and says in which trace.
async fn done(telemetry: &Telemetry, carrier: &JobCarrier) -> TraceId {
    let queue = telemetry.queue(STREAM).system("redis");
    let work = async { Ok::<_, RedisError>(trace()) };
    queue.process(carrier, work).await.expect("done")
}

fn telemetry() -> Telemetry {
    builder().build().expect("a telemetry")
}

fn job(telemetry: &Telemetry, series: &str) -> Option<f64> {
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let comma = if labels == "}" { "" } else { "," };
    value(
        telemetry,
        &format!("axisor_worker_{name}{{queue=\"{STREAM}\"{comma}{labels}"),
    )
}

async fn stream() -> (RedisServer, ConnectionManager) {
    let server = RedisServer::start().expect("Redis");
    let redis = connection(&server).await;
    let create = ["XGROUP", "CREATE", STREAM, GROUP, "0", "MKSTREAM"];
    run::<()>(&redis, &create).await;
    (server, redis)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_in_a_stream_keeps_its_trace_through_a_failure_and_a_second_delivery() {
    let (_server, redis) = stream().await;
    let (backend, worker) = (telemetry(), telemetry());
    let sent = send(&backend, &redis, "7").await;

    let entry = read(&redis, "first").await;
    assert_eq!(entry.get::<u64>(POSITION), Some(7));
    let failing = async { Err::<(), _>("exchange is away") };
    let queue = worker.queue(STREAM);
    queue.process(&carrier(&entry), failing).await.unwrap_err();

    let claim = ["XAUTOCLAIM", STREAM, GROUP, "second", "0", "0"];
    let claimed: StreamAutoClaimReply = run(&redis, &claim).await;
    let pending = ["XPENDING", STREAM, GROUP, "-", "+", "1"];
    let pending: StreamPendingCountReply = run(&redis, &pending).await;
    let deliveries = u32::try_from(pending.ids[0].times_delivered).expect("few");
    let again = carrier(&claimed.claimed[0]).with_attempt(deliveries);
    assert_eq!((again.attempt(), done(&worker, &again).await), (2, sent));

    for (series, expected) in [
        ("job_attempts_total{status=\"failure\"}", 1.0),
        ("job_attempts_total{status=\"success\"}", 1.0),
        ("job_retries_total", 1.0),
        ("job_wait_duration_seconds_count", 2.0),
        ("jobs_in_flight", 0.0),
    ] {
        assert_eq!(job(&worker, series), Some(expected), "{series}");
    }
    assert_eq!(
        job(&backend, "jobs_sent_total{status=\"success\"}"),
        Some(1.0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_nobody_can_read_is_a_job_like_any_other() {
    let (_server, redis) = stream().await;
    let later = [
        "XADD",
        STREAM,
        "*",
        POSITION,
        "8",
        "axisor_job_version",
        "99",
    ];
    run::<String>(&redis, &later).await;
    let entry = read(&redis, "first").await;
    let worker = telemetry();
    assert_ne!(done(&worker, &carrier(&entry)).await, TraceId::INVALID);
    assert_eq!(entry.get::<u64>(POSITION), Some(8));
    assert_eq!(job(&worker, "job_carriers_unreadable_total"), Some(1.0));
    assert_eq!(
        job(&worker, "job_attempts_total{status=\"success\"}"),
        Some(1.0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_streams_length_is_polled_while_nobody_works() {
    let (_server, redis) = stream().await;
    let length = {
        let redis = redis.clone();
        move || {
            let mut redis = redis.clone();
            async move {
                let length = redis::cmd("XLEN").arg(STREAM).query_async(&mut redis).await;
                length.map(|length: u32| f64::from(length))
            }
        }
    };
    let size = Polled::QueueSize(STREAM);
    let telemetry = builder().poll(size, length).build().expect("a telemetry");
    for jobs in 1..=3 {
        send(&telemetry, &redis, "7").await;
        telemetry.polls().run_once(size).await;
        assert_eq!(job(&telemetry, "queue_size"), Some(f64::from(jobs)));
    }
}
