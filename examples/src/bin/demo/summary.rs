//! The services' series as one small table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use axisor_telemetry::catalog::{
    ACTIVE_USERS, AUTOMATION_EXECUTIONS, DATABASE_CONNECTIONS, HTTP_REQUEST_DURATION,
    HTTP_REQUESTS, MARGIN_GUARD_ACTIONS, SYSTEM_HEALTH, Series, WORKER_JOB_ATTEMPTS,
};

use super::exposition::Sample;

/// A service's samples at one time.
pub(crate) type Scrape = BTreeMap<&'static str, Vec<Sample>>;

/// How a series is shown.
struct Shown {
    series: Series,
    how: How,
}

enum How {
    /// A line for each value of the first label, split up by the second. `service` is whose samples they are.
    Counted {
        line: &'static str,
        split: &'static str,
    },
    /// A line for each service: the mean, and how many were slow.
    Durations,
    /// How many services have a value above 0, and which have not.
    Healthy,
    /// The backend's value.
    Backend,
}

const SERVICE: &str = "service";

fn shown() -> [Shown; 8] {
    let counted = |series, line, split| Shown {
        series,
        how: How::Counted { line, split },
    };
    let plain = |series, how| Shown { series, how };
    [
        counted(HTTP_REQUESTS, SERVICE, "status_code"),
        plain(HTTP_REQUEST_DURATION, How::Durations),
        counted(AUTOMATION_EXECUTIONS, "automation_type", "status"),
        counted(MARGIN_GUARD_ACTIONS, "action_type", "user_plan"),
        counted(WORKER_JOB_ATTEMPTS, "queue", "status"),
        plain(SYSTEM_HEALTH, How::Healthy),
        plain(ACTIVE_USERS, How::Backend),
        plain(DATABASE_CONNECTIONS, How::Backend),
    ]
}

/// The table of `now`, with rates per second since `before`.
pub(crate) fn table(now: &Scrape, before: &Scrape, between: Duration) -> String {
    let mut table = format!("{:<38} {:<20} {:>7} {:>7}\n", "series", "of", "value", "/s");
    for Shown { series, how } in shown() {
        let mut name = series.name;
        for line in how.lines(name, now, before, between) {
            let _ = writeln!(table, "{name:<38} {line}");
            name = "";
        }
    }
    table
}

impl How {
    fn lines(&self, name: &str, now: &Scrape, before: &Scrape, between: Duration) -> Vec<String> {
        match self {
            Self::Counted { line, split } => {
                let earlier = sums(before, name, line, split);
                let sums = sums(now, name, line, split);
                let sums = sums.iter();
                sums.map(|(of, split)| counted(of, split, earlier.get(of), between))
                    .collect()
            }
            Self::Durations => now
                .iter()
                .filter_map(|(of, it)| duration(of, it, name))
                .collect(),
            Self::Healthy => vec![healthy(now, name)],
            Self::Backend => backend(now, name).into_iter().collect(),
        }
    }
}

type Split = BTreeMap<String, f64>;

/// The values of `name`, summed by the labels `line` and `split`.
fn sums(scrape: &Scrape, name: &str, line: &str, split: &str) -> BTreeMap<String, Split> {
    let mut sums: BTreeMap<String, Split> = BTreeMap::new();
    for (service, samples) in scrape {
        for sample in samples.iter().filter(|sample| sample.name == name) {
            let label = |label: &str| match sample.labels.get(label) {
                Some(value) => value.clone(),
                None => (*service).to_owned(),
            };
            *sums
                .entry(label(line))
                .or_default()
                .entry(label(split))
                .or_default() += sample.value;
        }
    }
    sums
}

fn counted(of: &str, split: &Split, earlier: Option<&Split>, between: Duration) -> String {
    let total: f64 = split.values().sum();
    let before: f64 = earlier.map_or(0.0, |split| split.values().sum());
    let rate = (total - before).max(0.0) / between.as_secs_f64();
    let parts: Vec<String> = split
        .iter()
        .map(|(label, value)| format!("{label} {value}"))
        .collect();
    format!("{of:<20} {total:>7} {rate:>7.1}   {}", parts.join(" · "))
}

fn duration(of: &str, samples: &[Sample], name: &str) -> Option<String> {
    let sum = |suffix: &str, bound: Option<&str>| -> f64 {
        let name = format!("{name}{suffix}");
        let fits = |sample: &&Sample| {
            sample.name == name && sample.labels.get("le").map(String::as_str) == bound
        };
        samples.iter().filter(fits).map(|sample| sample.value).sum()
    };
    let count = sum("_count", None);
    if count == 0.0 {
        return None;
    }
    let mean = sum("_sum", None) / count * 1_000.0;
    let slow = count - sum("_bucket", Some("0.5"));
    Some(format!(
        "{of:<20} {count:>7} {:>7}   mean {mean:.1} ms · {slow} above 0.5 s",
        ""
    ))
}

fn healthy(scrape: &Scrape, name: &str) -> String {
    let is_unwell = |samples: &[Sample]| {
        let mut samples = samples.iter();
        samples.any(|sample| sample.name == name && sample.value == 0.0)
    };
    let unwell = scrape.iter().filter(|(_, samples)| is_unwell(samples));
    let unwell: Vec<&str> = unwell.map(|(service, _)| *service).collect();
    let well = scrape.len() - unwell.len();
    let of = format!("{well} of {} healthy", scrape.len());
    if unwell.is_empty() {
        return of;
    }
    format!("{of:<20} {:>7} {:>7}   not {}", "", "", unwell.join(", "))
}

fn backend(scrape: &Scrape, name: &str) -> Option<String> {
    let service = axisor_examples::backend::NAME;
    let samples = scrape.get(service)?;
    let sample = samples.iter().find(|sample| sample.name == name)?;
    Some(format!("{service:<20} {:>7}", sample.value))
}

/// The series that must have moved and have not, each with its service.
pub(crate) fn unmoved(scrape: &Scrape) -> Vec<String> {
    use axisor_examples as services;
    let executing = [
        services::automation_executor::NAME,
        services::margin_monitor::NAME,
        services::notification_worker::NAME,
        services::payment_validator::NAME,
    ];
    let requests = scrape.keys().map(|service| (*service, HTTP_REQUESTS.name));
    let executions = executing.map(|service| (service, AUTOMATION_EXECUTIONS.name));
    let jobs = [
        services::automation_executor::NAME,
        services::notification_worker::NAME,
        services::payment_validator::NAME,
    ];
    let jobs = jobs.map(|service| (service, WORKER_JOB_ATTEMPTS.name));
    let actions = [(services::margin_monitor::NAME, MARGIN_GUARD_ACTIONS.name)];
    let unmoved = |(service, name): &(&'static str, &str)| total(scrape, service, name) == 0.0;
    requests
        .chain(executions)
        .chain(actions)
        .chain(jobs)
        .filter(unmoved)
        .map(|(service, name)| format!("{name} of {service}"))
        .collect()
}

fn total(scrape: &Scrape, service: &'static str, name: &str) -> f64 {
    let samples = scrape.get(service).into_iter().flatten();
    let values = samples.filter(|sample| sample.name == name);
    values.map(|sample| sample.value).sum()
}

#[cfg(test)]
mod tests {
    use super::super::exposition::samples;
    use super::*;

    fn scrape(service: &'static str, page: &str) -> Scrape {
        Scrape::from([(service, samples(page))])
    }

    #[test]
    fn counters_are_summed_split_and_turned_into_rates() {
        let page = |success: u32| {
            format!(
                "axisor_automation_executions_total{{automation_type=\"x\",status=\"success\"}} {success}\naxisor_automation_executions_total{{automation_type=\"x\",status=\"failure\"}} 1\n"
            )
        };
        let (before, now) = (scrape("a", &page(3)), scrape("a", &page(9)));
        let table = table(&now, &before, Duration::from_secs(2));
        let line = table
            .lines()
            .find(|line| line.contains("axisor_automation"));
        let line = line.expect("a line of this series");
        assert!(
            line.contains("10     3.0   failure 1 · success 9"),
            "{line}"
        );
    }

    #[test]
    fn a_series_that_did_not_move_is_named_with_its_service() {
        let unmoved = unmoved(&scrape("margin-monitor", "axisor_http_requests_total 1\n"));
        assert!(
            unmoved.contains(&"axisor_margin_guard_actions_total of margin-monitor".to_owned())
        );
        assert!(!unmoved.contains(&"axisor_http_requests_total of margin-monitor".to_owned()));
    }
}
