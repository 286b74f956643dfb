//! `compose.yaml` is valid, and describes the stack that runs natively.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use axisor_stack::{Component, Endpoint};
use serde_json::Value;
use tokio::process::Command;

use crate::support::{committed, committed_yaml};

/// The module that carries the Compose specification's schema.
const SPECIFICATION: &str = "github.com/compose-spec/compose-go/v2@v2.16.2";

async fn schema() -> Value {
    let output = Command::new("go")
        .args(["mod", "download", "-json", SPECIFICATION])
        .current_dir(std::env::temp_dir())
        .output()
        .await
        .unwrap();
    let module: Value = serde_json::from_slice(&output.stdout).unwrap();
    let dir = module["Dir"].as_str().expect("the module is downloaded");
    let schema = fs::read(Path::new(dir).join("schema/compose-spec.json")).unwrap();
    serde_json::from_slice(&schema).unwrap()
}

fn compose() -> Value {
    committed_yaml("compose.yaml")
}

fn service(component: Component) -> Value {
    compose()["services"][component.service()].clone()
}

fn strings(value: &Value) -> Vec<&str> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn it_follows_the_compose_specification() {
    let validator = jsonschema::validator_for(&schema().await).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&compose())
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0]);
}

#[tokio::test]
async fn the_specification_refuses_a_misspelt_key() {
    let validator = jsonschema::validator_for(&schema().await).unwrap();
    let mut wrong = compose();
    wrong["services"]["prometheus"]["prots"] = "9090:9090".into();
    assert!(!validator.is_valid(&wrong));
}

pub(crate) async fn engine_answers() -> bool {
    let version = Command::new("docker").arg("version").output().await;
    version.is_ok_and(|output| output.status.success()) && compose_answers().await
}

async fn compose_answers() -> bool {
    let version = Command::new("docker")
        .args(["compose", "version"])
        .output()
        .await;
    version.is_ok_and(|output| output.status.success())
}

#[tokio::test]
async fn docker_compose_accepts_it_where_it_is_installed() {
    if !compose_answers().await {
        eprintln!("`docker compose` is not installed: the schema alone has been asked");
        return;
    }
    let file = committed("compose.yaml");
    let output = Command::new("docker")
        .args(["compose", "--file"])
        .arg(file)
        .args(["config", "--quiet"])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn images_have_the_versions_that_run_natively() {
    let image = |component: Component| service(component)["image"].as_str().unwrap().to_owned();
    let expected = |image: &str, component: Component, v: &str| {
        format!("{image}:{v}{}", component.version().unwrap())
    };
    let collector = expected(
        "otel/opentelemetry-collector-contrib",
        Component::Collector,
        "",
    );
    assert_eq!(image(Component::Collector), collector);
    for (name, component) in [
        ("prom/prometheus", Component::Prometheus),
        ("prom/alertmanager", Component::Alertmanager),
    ] {
        assert_eq!(image(component), expected(name, component, "v"));
    }
    // Natively version 1, the last that can be built from its module.
    assert!(image(Component::Jaeger).starts_with("jaegertracing/jaeger:2."));
}

#[test]
fn every_image_is_pinned() {
    for (name, service) in compose()["services"].as_object().unwrap() {
        let image = service["image"].as_str().unwrap();
        let version = image.rsplit_once(':').map(|(_, version)| version);
        let numbers = version.unwrap().trim_start_matches('v').split('.');
        assert_eq!(
            numbers.filter(|n| n.parse::<u32>().is_ok()).count(),
            3,
            "{name}: {image}"
        );
    }
}

#[test]
fn every_mounted_file_is_there_and_of_the_native_stack() {
    let mut mounted = BTreeMap::new();
    for (name, service) in compose()["services"].as_object().unwrap() {
        for volume in strings(&service["volumes"]) {
            if let Some(file) = mounted_file(volume) {
                assert!(file.exists(), "{name} mounts {volume}, which is not there");
                mounted.insert(file, name.clone());
            }
        }
    }
    for (file, service) in [
        ("config.yaml", "otel-collector"),
        ("overlays/loki.yaml", "otel-collector"),
        ("loki/loki.yaml", "loki"),
        ("prometheus/prometheus.yml", "prometheus"),
        ("prometheus/alert_rules.yml", "prometheus"),
        ("prometheus/slo_rules.yml", "prometheus"),
        ("alertmanager/alertmanager.yml", "alertmanager"),
        ("alertmanager/templates", "alertmanager"),
        ("alertmanager/secrets", "alertmanager"),
        ("blackbox/blackbox.yml", "blackbox-exporter"),
        ("grafana/provisioning", "grafana"),
    ] {
        let mounted_by = mounted.get(&committed(file).canonicalize().unwrap());
        assert_eq!(mounted_by.map(String::as_str), Some(service), "{file}");
    }
}

/// `./file:/in/container:ro`, or the same as the default of a variable; named volumes are none.
fn mounted_file(volume: &str) -> Option<PathBuf> {
    let volume = match volume.strip_prefix("${") {
        Some(variable) => variable.split_once(":-")?.1,
        None => volume,
    };
    let file = volume.split([':', '}']).next()?;
    file.starts_with("./")
        .then(|| committed(file).canonicalize().unwrap())
}

#[test]
fn ports_are_the_native_ones_on_loopback() {
    let mut published = BTreeMap::new();
    for component in Component::ALL {
        for port in strings(&service(component)["ports"]) {
            let (variable, number) = published_port(port);
            published.insert(variable, number);
        }
    }
    // Between containers only.
    let internal = [Endpoint::JaegerOtlp, Endpoint::JaegerHealth];
    let expected: BTreeMap<_, _> = Endpoint::ALL
        .into_iter()
        .filter(|endpoint| !internal.contains(endpoint))
        .map(|endpoint| (variable(endpoint), endpoint.default_port()))
        .collect();
    assert_eq!(published, expected);
}

fn variable(endpoint: Endpoint) -> String {
    let name = endpoint.name().to_uppercase().replace('-', "_");
    format!("AXISOR_PORT_{name}")
}

/// `127.0.0.1:${VARIABLE:-PORT}:PORT`
fn published_port(port: &str) -> (String, u16) {
    let rest = port
        .strip_prefix("127.0.0.1:${")
        .expect("published on loopback");
    let (variable, rest) = rest.split_once(":-").unwrap();
    let (outside, inside) = rest.split_once("}:").unwrap();
    assert_eq!(outside, inside, "{port}");
    (variable.to_owned(), outside.parse().unwrap())
}

#[test]
fn the_collector_is_given_every_variable_it_reads() {
    let files = [
        "config.yaml",
        "overlays/loki.yaml",
        "overlays/tail_sampling.yaml",
    ];
    let text = files.map(|file| fs::read_to_string(committed(file)).unwrap());
    let text = text.concat();
    let mut read: Vec<_> = text
        .split("${env:")
        .skip(1)
        .filter_map(|rest| rest.split([':', '}']).next())
        .collect();
    read.sort_unstable();
    read.dedup();
    let collector = service(Component::Collector);
    let environment = collector["environment"].as_object().unwrap();
    let mut given: Vec<_> = environment.keys().map(String::as_str).collect();
    given.sort_unstable();
    assert_eq!(given, read);
}

#[test]
fn an_exporter_asks_what_the_runner_is_told_to_watch() {
    for (component, variable, watched) in [
        (Component::PostgresExporter, "DATA_SOURCE_NAME", "POSTGRES"),
        (Component::RedisExporter, "REDIS_ADDR", "REDIS"),
        (Component::NginxExporter, "SCRAPE_URI", "NGINX"),
    ] {
        let service = service(component);
        let given = service["environment"][variable].as_str().unwrap();
        let start = format!("${{AXISOR_WATCH_{watched}:-");
        assert!(given.starts_with(&start), "{component}: {given}");
    }
}

#[test]
fn grafanas_sources_are_services() {
    let sources = committed_yaml("grafana/provisioning/datasources/stack.yaml");
    let services = compose()["services"].as_object().unwrap().clone();
    for source in sources["datasources"].as_array().unwrap() {
        let url = source["url"].as_str().unwrap();
        let host = url.trim_start_matches("http://").split(':').next().unwrap();
        assert!(services.contains_key(host), "{url}");
    }
}
