//! What the services depend on, through the real exporters: their verdict follows the thing itself.

use std::fs;
use std::time::Duration;

use axisor_stack::{Component, Stack, StackBuilder, Watch};
use axisor_tests::nginx::NginxServer;
use axisor_tests::postgres::PostgresServer;
use axisor_tests::prometheus::Prometheus;
use axisor_tests::redis::RedisServer;
use axisor_tests::{ports, until};

const DEADLINE: Duration = Duration::from_secs(30);
/// The exporter of a dead database answers after a second: its scrape must not be over by then.
const INTERVAL: Duration = Duration::from_secs(2);
const PASSWORD: &str = "s3cret-of-the-database";

/// A Prometheus, and the exporters for this.
async fn watching(watched: impl IntoIterator<Item = Watch>) -> (Stack, Prometheus) {
    let builder = Stack::builder()
        .native()
        .free_ports()
        .only([Component::Prometheus])
        .scrape_interval(INTERVAL);
    let builder = watched.into_iter().fold(builder, StackBuilder::watch);
    let stack = builder.start().await.expect("a Prometheus and exporters");
    let prometheus = Prometheus::new(stack.prometheus());
    (stack, prometheus)
}

async fn becomes(prometheus: &Prometheus, query: &str, value: f64) {
    let reached = prometheus.until(DEADLINE, query, value).await;
    reached.expect("in Prometheus");
}

#[tokio::test]
async fn a_database_that_is_down_is_told_from_one_that_hangs_and_from_a_dead_exporter() {
    let mut postgres = PostgresServer::start(20).expect("PostgreSQL");
    let watched = Watch::Postgres(postgres.url());
    let (stack, prometheus) = watching([watched]).await;
    let (up, verdict) = ("up{job=\"postgres\"}", "pg_up{job=\"postgres\"}");
    becomes(&prometheus, verdict, 1.0).await;

    postgres.stop().expect("stopped");
    becomes(&prometheus, verdict, 0.0).await;
    becomes(&prometheus, up, 1.0).await;
    postgres.start_again().expect("started");
    becomes(&prometheus, verdict, 1.0).await;

    postgres.freeze();
    becomes(&prometheus, up, 0.0).await;
    postgres.thaw();
    becomes(&prometheus, verdict, 1.0).await;

    stack
        .kill(Component::PostgresExporter)
        .await
        .expect("killed");
    becomes(&prometheus, up, 0.0).await;
    stack
        .start_again(Component::PostgresExporter)
        .await
        .expect("started");
    becomes(&prometheus, verdict, 1.0).await;
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_password_is_neither_in_arguments_nor_in_files() {
    let postgres = PostgresServer::start(20).expect("PostgreSQL");
    let url = postgres
        .url()
        .replace("axisor@", &format!("axisor:{PASSWORD}@"));
    let (stack, prometheus) = watching([Watch::Postgres(url)]).await;
    becomes(&prometheus, "pg_up", 1.0).await;
    let exporter = processes("cmdline", "postgres-exporter");
    assert!(!exporter.is_empty(), "the exporter has arguments");
    assert_eq!(processes("cmdline", PASSWORD), [""; 0]);
    for file in ["prometheus.yml", "logs/postgres-exporter.log"] {
        let text = fs::read_to_string(stack.dir().join(file)).expect(file);
        assert!(!text.contains(PASSWORD), "{file}: {text}");
    }
    stack.down().await.expect("down");
}

/// The processes of which this file of `/proc` has this text.
fn processes(file: &str, text: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let read = processes.filter_map(|process| fs::read(process.path().join(file)).ok());
    let read = read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    read.filter(|found| found.contains(text)).collect()
}

#[tokio::test]
async fn redis_is_down_when_it_is_and_its_memory_has_the_names_of_the_rules() {
    let mut redis = RedisServer::start().expect("Redis");
    let (stack, prometheus) = watching([Watch::Redis(redis.url())]).await;
    becomes(&prometheus, "redis_up{job=\"redis\"}", 1.0).await;
    becomes(&prometheus, "redis_memory_max_bytes{job=\"redis\"}", 0.0).await; // no limit
    becomes(
        &prometheus,
        "redis_memory_used_bytes{job=\"redis\"} > bool 100000",
        1.0,
    )
    .await;
    redis.stop().expect("stopped");
    becomes(&prometheus, "redis_up{job=\"redis\"}", 0.0).await;
    becomes(&prometheus, "up{job=\"redis\"}", 1.0).await;
    redis.start_again().expect("started");
    becomes(&prometheus, "redis_up{job=\"redis\"}", 1.0).await;
    stack.down().await.expect("down");
}

#[tokio::test]
async fn nginx_may_come_after_the_stack_and_go_before_it() {
    let mut nginx = NginxServer::stopped().expect("nginx");
    let watched = Watch::Nginx(nginx.url("/stub_status"));
    let (stack, prometheus) = watching([watched]).await;
    becomes(&prometheus, "up{job=\"nginx\"}", 0.0).await;
    nginx.start_again().expect("started");
    becomes(&prometheus, "nginx_up{job=\"nginx\"}", 1.0).await;
    nginx.stop().expect("stopped");
    becomes(&prometheus, "nginx_up{job=\"nginx\"}", 0.0).await;
    becomes(&prometheus, "up{job=\"nginx\"}", 1.0).await;
    stack.down().await.expect("down");
}

#[tokio::test]
async fn ln_markets_is_alive_without_a_key_and_the_frontend_is_not() {
    let mut nginx = NginxServer::stopped().expect("nginx");
    nginx.start_again().expect("started");
    let closed = nginx.url("/closed");
    let watched = [
        Watch::LnMarkets(closed.clone()),
        Watch::Frontend(closed.clone()),
    ];
    let (stack, prometheus) = watching(watched).await;
    let verdict = |job: &str| format!("probe_success{{job=\"{job}\",instance=\"{closed}\"}}");
    becomes(&prometheus, &verdict("lnmarkets-api"), 1.0).await;
    becomes(
        &prometheus,
        "probe_http_status_code{job=\"lnmarkets-api\"}",
        401.0,
    )
    .await;
    becomes(&prometheus, &verdict("axisor-frontend"), 0.0).await;

    stack
        .set_target("axisor-frontend", nginx.url("/"))
        .await
        .expect("reloaded");
    let open = format!(
        "probe_success{{job=\"axisor-frontend\",instance=\"{}\"}}",
        nginx.url("/")
    );
    becomes(&prometheus, &open, 1.0).await;
    nginx.stop().expect("stopped");
    becomes(&prometheus, &verdict("lnmarkets-api"), 0.0).await;
    becomes(&prometheus, "up{job=\"lnmarkets-api\"}", 1.0).await;
    stack.down().await.expect("down");
}

#[tokio::test]
async fn lnd_is_alive_while_its_port_takes_connections() {
    let address = format!("127.0.0.1:{}", ports::lasting_port());
    let (stack, prometheus) = watching([Watch::Lnd(address.clone())]).await;
    let verdict = format!("probe_success{{job=\"lnd-node\",instance=\"{address}\"}}");
    becomes(&prometheus, &verdict, 0.0).await;
    let listener = std::net::TcpListener::bind(&address).expect("the port");
    becomes(&prometheus, &verdict, 1.0).await;
    drop(listener);
    becomes(&prometheus, &verdict, 0.0).await;
    stack.down().await.expect("down");
}

#[tokio::test]
async fn the_host_has_processors_memory_and_disks() {
    let (stack, prometheus) = watching([Watch::Host]).await;
    for metric in [
        "node_cpu_seconds_total{mode=\"idle\"}",
        "node_memory_MemAvailable_bytes",
        "node_filesystem_avail_bytes",
    ] {
        let there = format!("count(count by (job) ({metric}))");
        becomes(&prometheus, &there, 1.0).await;
    }
    stack.down().await.expect("down");
}

#[tokio::test]
async fn the_stack_shows_its_own_health_and_what_is_not_watched_has_no_exporter() {
    let stack = Stack::builder()
        .native()
        .free_ports()
        .scrape_interval(INTERVAL);
    let stack = stack.start().await.expect("a stack");
    let prometheus = Prometheus::new(stack.prometheus());
    for job in [
        "otel-collector",
        "otel-collector-telemetry",
        "prometheus",
        "alertmanager",
        "jaeger",
    ] {
        becomes(&prometheus, &format!("up{{job=\"{job}\"}}"), 1.0).await;
    }
    for metric in [
        "otelcol_exporter_queue_size{job=\"otel-collector-telemetry\",data_type=\"traces\"}",
        "prometheus_tsdb_head_series{job=\"prometheus\"}",
        "alertmanager_config_last_reload_successful{job=\"alertmanager\"}",
    ] {
        let what = format!("{metric} in Prometheus");
        let there = async || prometheus.value(metric).await.ok()?;
        until(DEADLINE, &what, there).await.expect("in Prometheus");
    }
    becomes(
        &prometheus,
        "count({__name__=~\"go_.+\"}) or vector(0)",
        0.0,
    )
    .await;
    assert_eq!(stack.components().len(), 4, "{:?}", stack.components());
    for job in ["postgres", "redis", "nginx", "node-exporter", "lnd-node"] {
        becomes(&prometheus, &format!("up{{job=\"{job}\"}}"), 0.0).await;
    }
    stack.down().await.expect("down");
}
