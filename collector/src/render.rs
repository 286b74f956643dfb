//! `prometheus.yml` for one stack: the committed file with addresses and intervals put in.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_yaml_ng::{Mapping, Value};
use url::Url;

use crate::component::Component;
use crate::haste::hasten;
use crate::ports::Endpoint;
use crate::site::{Site, committed, milliseconds};
use crate::watch::{FRONTEND, LNMARKETS, PROBED, url_from_container, without_secrets};

/// Job name → `host:port`.
pub(crate) type Targets = BTreeMap<String, String>;

/// From where Prometheus sees the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A process beside the others: everything is on loopback.
    FromHost,
    /// A container: components have their services' names, the host has one too.
    FromContainer,
}

/// Why a configuration file could not be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A target was given for a job that is not in the file.
    #[error("no scrape job is called `{given}`, expected one of {}", known.join(", "))]
    UnknownJob {
        /// The name given.
        given: String,
        /// The names in the file.
        known: Vec<String>,
    },
    /// A target that Prometheus would refuse.
    #[error("target `{given}` of job `{job}` is not an address, expected {expected}")]
    Target {
        /// Whose target.
        job: String,
        /// The target given, without user, password and parameters.
        given: String,
        /// What would do.
        expected: &'static str,
    },
    /// The committed file is not what this code knows.
    #[error("`{}` has no `{missing}`", file.display())]
    Shape {
        /// The file.
        file: PathBuf,
        /// What was expected in it.
        missing: &'static str,
    },
    /// The committed file is not YAML.
    #[error("`{}` is not YAML", file.display())]
    Yaml {
        /// The file.
        file: PathBuf,
        /// Where it breaks off.
        source: serde_yaml_ng::Error,
    },
    /// The committed file could not be read, or the rendered one not written.
    #[error("{what} `{}`", file.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// With which file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

const PROMETHEUS: &str = "prometheus/prometheus.yml";

impl RenderError {
    fn yaml(file: &Path) -> impl FnOnce(serde_yaml_ng::Error) -> Self {
        let file = file.to_owned();
        move |source| RenderError::Yaml { file, source }
    }

    fn file(what: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| RenderError::File { what, file, source }
    }
}

/// Nobody listens there, no name is looked up, and the connection is refused at once.
const UNREACHABLE: &str = "127.0.0.1:1";

/// Writes the rendered file, and the rules if their times pass faster, to their place in the stack's directory.
pub(crate) fn write(site: &Site, targets: &Targets, seen: Seen) -> Result<(), RenderError> {
    rewrite(PROMETHEUS, &site.prometheus_yml(), |root| {
        if let (Some(factor), Seen::FromHost) = (site.haste, seen) {
            hasten_rules(root, site, factor)?;
        }
        render(root, site, targets, seen)
    })
}

/// Writes the files of rules that the file names, with their times divided.
fn hasten_rules(root: &Value, site: &Site, factor: u32) -> Result<(), RenderError> {
    let names = root["rule_files"].as_sequence().into_iter().flatten();
    for name in names.filter_map(Value::as_str) {
        let rules = format!("prometheus/{name}");
        rewrite(&rules, &site.dir.join(name), |rules| {
            hasten(rules, factor);
            Ok(())
        })?;
    }
    Ok(())
}

/// Writes a committed file, changed, somewhere else.
pub(crate) fn rewrite(
    from: &str,
    to: &Path,
    change: impl FnOnce(&mut Value) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    let file = committed(from);
    let text = fs::read_to_string(&file).map_err(RenderError::file("cannot read", &file))?;
    let mut root = serde_yaml_ng::from_str(&text).map_err(RenderError::yaml(&file))?;
    change(&mut root)?;
    let text = serde_yaml_ng::to_string(&root).map_err(RenderError::yaml(&file))?;
    fs::write(to, text).map_err(RenderError::file("cannot write", to))
}

fn render(root: &mut Value, site: &Site, targets: &Targets, seen: Seen) -> Result<(), RenderError> {
    check_targets(root, targets)?;
    set_alertmanager(root, site, seen)?;
    if seen == Seen::FromHost {
        set_rule_files(root, site)?;
    }
    set_intervals(
        mapping(root, "global")?,
        site,
        &["scrape_interval", "evaluation_interval", "scrape_timeout"],
    );
    for job in sequence(root, PROMETHEUS, "scrape_configs")? {
        let job = job
            .as_mapping_mut()
            .ok_or(shape(PROMETHEUS, "scrape_configs"))?;
        set_intervals(job, site, &["scrape_interval", "scrape_timeout"]);
        set_target(job, site, targets, seen);
    }
    Ok(())
}

/// Where a file of rules is read: as committed, or with its times divided.
fn rule_file(name: &str, site: &Site) -> PathBuf {
    match site.haste {
        Some(_) => site.dir.join(name),
        None => committed("prometheus").join(name),
    }
}

fn check_targets(root: &Value, targets: &Targets) -> Result<(), RenderError> {
    let known = job_names(root);
    for (job, target) in targets {
        if !known.contains(job) {
            return Err(RenderError::UnknownJob {
                given: job.clone(),
                known,
            });
        }
        check_target(job, target)?;
    }
    Ok(())
}

fn check_target(job: &str, target: &str) -> Result<(), RenderError> {
    let (good, expected) = if [FRONTEND, LNMARKETS].contains(&job) {
        (
            is_page(target),
            "an http:// or https:// URL without a password",
        )
    } else {
        let is_address = target.contains(':') && !target.contains('/');
        (is_address, "`host:port` without a scheme")
    };
    if good {
        return Ok(());
    }
    Err(RenderError::Target {
        job: job.to_owned(),
        given: without_secrets(target).to_owned(),
        expected,
    })
}

/// It becomes a label, so it has no secrets.
fn is_page(target: &str) -> bool {
    Url::parse(target).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
    })
}

fn job_names(root: &Value) -> Vec<String> {
    let jobs = root["scrape_configs"].as_sequence();
    jobs.into_iter()
        .flatten()
        .filter_map(|job| job["job_name"].as_str())
        .map(str::to_owned)
        .collect()
}

fn set_alertmanager(root: &mut Value, site: &Site, seen: Seen) -> Result<(), RenderError> {
    if !site.components.contains(&Component::Alertmanager) {
        mapping(root, "alerting")?.remove("alertmanagers");
    } else if seen == Seen::FromHost {
        let address = site.address(Endpoint::Alertmanager);
        root["alerting"]["alertmanagers"][0]["static_configs"] = static_config(address, None);
    }
    Ok(())
}

/// The rendered file is not beside the rules.
fn set_rule_files(root: &mut Value, site: &Site) -> Result<(), RenderError> {
    for file in sequence(root, PROMETHEUS, "rule_files")? {
        let name = file.as_str().ok_or(shape(PROMETHEUS, "rule_files"))?;
        *file = rule_file(name, site).display().to_string().into();
    }
    Ok(())
}

fn set_intervals(section: &mut Mapping, site: &Site, keys: &[&str]) {
    let Some(interval) = site.scrape_interval else {
        return;
    };
    for key in keys {
        section.insert((*key).into(), milliseconds(interval).into());
    }
}

/// The one place that decides what Prometheus asks for a job.
///
/// A job nobody gave a target has, natively, one that answers nobody: `up` is 0, as for a
/// service that is not running, and `instance` is the address in the file. (Its host is a
/// container's name, which a resolver might find somewhere else.)
fn set_target(job: &mut Mapping, site: &Site, targets: &Targets, seen: Seen) {
    let name = job
        .get("job_name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let given = targets.get(name);
    let config = match (given, seen, component_of(name, site)) {
        _ if PROBED.contains(&name) => return set_probed(job, site, given, seen),
        (Some(target), Seen::FromHost, _) => static_config(target.clone(), None),
        (Some(target), Seen::FromContainer, _) => {
            static_config(host_from_container(target), Some(target.clone()))
        }
        (None, Seen::FromContainer, _) => return,
        (None, Seen::FromHost, Some(own)) => static_config(site.address(own), None),
        (None, Seen::FromHost, None) => static_config(UNREACHABLE.to_owned(), address_in_file(job)),
    };
    job.insert("static_configs".into(), config);
}

/// Where a component of this stack shows what the job asks for.
fn component_of(job: &str, site: &Site) -> Option<Endpoint> {
    let endpoint = match job {
        "otel-collector" => Endpoint::Exporter,
        "otel-collector-telemetry" => Endpoint::CollectorTelemetry,
        "prometheus" => Endpoint::Prometheus,
        "alertmanager" => Endpoint::Alertmanager,
        "jaeger" => Endpoint::JaegerHealth,
        "postgres" => Endpoint::PostgresExporter,
        "redis" => Endpoint::RedisExporter,
        "nginx" => Endpoint::NginxExporter,
        "node-exporter" => Endpoint::NodeExporter,
        _ => return None,
    };
    site.components
        .contains(&endpoint.component())
        .then_some(endpoint)
}

/// A probed job's target is what is probed; who is asked is the prober, or nobody.
fn set_probed(job: &mut Mapping, site: &Site, given: Option<&String>, seen: Seen) {
    if let Some(target) = given {
        let target = match seen {
            Seen::FromHost => target.clone(),
            Seen::FromContainer => url_from_container(&host_from_container(target)),
        };
        job.insert("static_configs".into(), static_config(target, None));
    }
    if seen == Seen::FromHost {
        let prober = match given {
            Some(_) => site.address(Endpoint::BlackboxExporter),
            None => UNREACHABLE.to_owned(),
        };
        ask(job, prober);
    }
}

/// The step of the relabelling that turns the target's address into the prober's.
fn ask(job: &mut Mapping, prober: String) {
    let steps = job
        .get_mut("relabel_configs")
        .and_then(Value::as_sequence_mut);
    let mut steps = steps.into_iter().flatten();
    if let Some(step) = steps.find(|step| step["target_label"] == "__address__") {
        step["replacement"] = prober.into();
    }
}

fn address_in_file(job: &Mapping) -> Option<String> {
    let target = job.get("static_configs")?.get(0)?.get("targets")?.get(0)?;
    target.as_str().map(str::to_owned)
}

fn host_from_container(target: &str) -> String {
    match target.rsplit_once(':') {
        Some(("127.0.0.1" | "localhost" | "[::1]", port)) => format!("host.docker.internal:{port}"),
        _ => target.to_owned(),
    }
}

fn static_config(target: String, instance: Option<String>) -> Value {
    let mut config = Mapping::new();
    config.insert("targets".into(), strings([target]));
    if let Some(instance) = instance {
        let labels = Mapping::from_iter([("instance".into(), instance.into())]);
        config.insert("labels".into(), labels.into());
    }
    Value::Sequence(vec![config.into()])
}

fn strings<const N: usize>(items: [String; N]) -> Value {
    Value::Sequence(items.map(Value::from).into())
}

fn mapping<'a>(root: &'a mut Value, key: &'static str) -> Result<&'a mut Mapping, RenderError> {
    root.get_mut(key)
        .and_then(Value::as_mapping_mut)
        .ok_or(shape(PROMETHEUS, key))
}

pub(crate) fn sequence<'a>(
    root: &'a mut Value,
    file: &str,
    key: &'static str,
) -> Result<&'a mut Vec<Value>, RenderError> {
    root.get_mut(key)
        .and_then(Value::as_sequence_mut)
        .ok_or(shape(file, key))
}

pub(crate) fn shape(file: &str, missing: &'static str) -> RenderError {
    RenderError::Shape {
        file: committed(file),
        missing,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ports::Ports;

    const COMPONENTS: [Component; 5] = [
        Component::Collector,
        Component::Prometheus,
        Component::Alertmanager,
        Component::Jaeger,
        Component::PostgresExporter,
    ];

    fn site() -> Site {
        Site {
            ports: Ports::usual(),
            dir: PathBuf::new(),
            components: COMPONENTS.into(),
            watched: BTreeMap::new(),
            scrape_interval: None,
            haste: None,
            metric_expiration: None,
            log_files: None,
            tail_sampling: None,
            collector_overlay: None,
            secrets: None,
        }
    }

    fn rendered(site: &Site, targets: &[(&str, &str)], seen: Seen) -> Value {
        let original = fs::read_to_string(committed(PROMETHEUS)).unwrap();
        let mut root = serde_yaml_ng::from_str(&original).unwrap();
        let targets = targets
            .iter()
            .map(|(job, to)| (job.to_string(), to.to_string()));
        render(&mut root, site, &targets.collect(), seen).unwrap();
        root
    }

    fn job<'a>(root: &'a Value, name: &str) -> &'a Value {
        let mut jobs = root["scrape_configs"].as_sequence().unwrap().iter();
        jobs.find(|job| job["job_name"] == name).unwrap()
    }

    fn target<'a>(root: &'a Value, name: &str) -> (&'a str, &'a str) {
        let config = &job(root, name)["static_configs"][0];
        let instance = config["labels"]["instance"].as_str();
        let target = config["targets"][0].as_str();
        (target.unwrap(), instance.unwrap_or_default())
    }

    #[test]
    fn processes_are_on_loopback_and_a_job_without_a_target_is_down() {
        let given = [("axisor-backend", "127.0.0.1:3010")];
        let root = rendered(&site(), &given, Seen::FromHost);
        assert_eq!(target(&root, "axisor-backend"), ("127.0.0.1:3010", ""));
        assert_eq!(target(&root, "redis"), (UNREACHABLE, "redis-exporter:9121"));
        assert_eq!(target(&root, "postgres"), ("127.0.0.1:9187", ""));
        assert_eq!(target(&root, "jaeger"), ("127.0.0.1:14269", ""));
        assert_eq!(target(&root, "otel-collector"), ("127.0.0.1:8889", ""));
        let alertmanager = &root["alerting"]["alertmanagers"][0]["static_configs"][0];
        assert_eq!(alertmanager["targets"][0], "127.0.0.1:9093");
    }

    #[test]
    fn containers_have_their_names_and_the_host_has_one() {
        let given = [("axisor-backend", "127.0.0.1:3010")];
        let root = rendered(&site(), &given, Seen::FromContainer);
        let backend = ("host.docker.internal:3010", "127.0.0.1:3010");
        assert_eq!(target(&root, "axisor-backend"), backend);
        assert_eq!(target(&root, "redis"), ("redis-exporter:9121", ""));
        assert_eq!(target(&root, "otel-collector"), ("otel-collector:8889", ""));
        assert_eq!(root["rule_files"][0], "alert_rules.yml");
    }

    fn prober<'a>(root: &'a Value, name: &str) -> &'a str {
        let address = &job(root, name)["relabel_configs"][2]["replacement"];
        address.as_str().unwrap()
    }

    #[test]
    fn what_is_probed_goes_to_the_prober_and_nothing_else_does() {
        let given = [
            ("axisor-frontend", "http://127.0.0.1:8080/"),
            ("lnd-node", "127.0.0.1:10009"),
        ];
        let root = rendered(&site(), &given, Seen::FromHost);
        assert_eq!(
            target(&root, "axisor-frontend"),
            ("http://127.0.0.1:8080/", "")
        );
        assert_eq!(prober(&root, "axisor-frontend"), "127.0.0.1:9115");
        assert_eq!(
            target(&root, "lnmarkets-api"),
            ("https://api.lnmarkets.com/v2/user", "")
        );
        assert_eq!(prober(&root, "lnmarkets-api"), UNREACHABLE);
        let root = rendered(&site(), &given, Seen::FromContainer);
        assert_eq!(
            target(&root, "axisor-frontend"),
            ("http://host.docker.internal:8080/", "")
        );
        assert_eq!(
            target(&root, "lnd-node"),
            ("host.docker.internal:10009", "")
        );
        assert_eq!(prober(&root, "lnd-node"), "blackbox-exporter:9115");
    }

    #[test]
    fn the_jobs_known_as_probed_are_those_of_the_file() {
        let root = rendered(&site(), &[], Seen::FromContainer);
        let jobs = root["scrape_configs"].as_sequence().unwrap().iter();
        let probed = jobs.filter(|job| job["metrics_path"] == "/probe");
        let names: Vec<_> = probed
            .map(|job| job["job_name"].as_str().unwrap())
            .collect();
        assert_eq!(names, PROBED);
    }

    #[test]
    fn a_page_with_a_password_is_no_target() {
        for (job, wrong) in [
            (FRONTEND, "http://axisor:s3cret@127.0.0.1/"),
            (FRONTEND, "127.0.0.1:80"),
            ("lnd-node", "https://127.0.0.1:10009"),
        ] {
            let refused = check_target(job, wrong).unwrap_err().to_string();
            assert!(!refused.contains("s3cret"), "{refused}");
        }
    }

    #[test]
    fn processes_read_every_file_of_rules_where_it_is_committed() {
        let native = rendered(&site(), &[], Seen::FromHost);
        let contained = rendered(&site(), &[], Seen::FromContainer);
        let names = contained["rule_files"].as_sequence().unwrap();
        let paths: Vec<PathBuf> = names
            .iter()
            .map(|name| committed("prometheus").join(name.as_str().unwrap()))
            .collect();
        assert!(paths.iter().all(|path| path.is_file()), "{paths:?}");
        let given = native["rule_files"].as_sequence().unwrap();
        assert!(
            given
                .iter()
                .zip(&paths)
                .all(|(a, b)| a.as_str() == b.to_str())
        );
        assert_eq!(given.len(), paths.len());
    }

    #[test]
    fn an_interval_is_everybodys() {
        let mut site = site();
        site.scrape_interval = Some(Duration::from_millis(500));
        let root = rendered(&site, &[], Seen::FromHost);
        assert_eq!(root["global"]["evaluation_interval"], "500ms");
        for job in root["scrape_configs"].as_sequence().unwrap() {
            assert_eq!(job["scrape_interval"], "500ms");
            assert_eq!(job["scrape_timeout"], "500ms");
        }
    }

    #[test]
    fn without_alertmanager_none_is_asked_for() {
        let mut site = site();
        site.components = vec![Component::Prometheus];
        let root = rendered(&site, &[], Seen::FromHost);
        assert_eq!(root["alerting"].get("alertmanagers"), None);
    }
}
