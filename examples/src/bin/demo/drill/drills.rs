//! What is broken, and what somebody must be told of it. To add one, add its lines here.

use std::fmt;

use axisor_examples::outside::Conduct;
use axisor_examples::{
    automation_executor, backend, margin_monitor, notification_worker, payment_validator,
};
use axisor_stack::Component;

use super::fault::Fault::{
    self, End, Exchange, FillConnections, FillMemory, FillQueue, Freeze, SlowPages,
};
use super::fault::Part::{Nginx, Postgres, Process, Redis, Stack};
use crate::pager::Page;
use crate::ports::OUTSIDE;

/// One thing that goes wrong.
#[derive(Debug)]
pub(crate) struct Drill {
    /// The component, and what becomes of it: `redis/frozen`.
    pub(crate) name: &'static str,
    /// What is done, in words.
    pub(crate) done: &'static str,
    pub(crate) fault: Fault,
    /// All of them must come, and go after the repair.
    pub(crate) signs: &'static [Sign],
    /// Alerts that may come besides: what follows from it, if it lasts long enough.
    pub(crate) consequences: &'static [&'static str],
}

/// How somebody learns of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// A page with this alert's name, and of this job if one is given.
    Page(&'static str, Option<&'static str>),
    /// The heartbeat is not heard any more: whoever would page is dead.
    Silence,
}

const fn page(alert: &'static str) -> Sign {
    Sign::Page(alert, None)
}

const fn page_of(alert: &'static str, job: &'static str) -> Sign {
    Sign::Page(alert, Some(job))
}

/// About this machine, which does other things too; and budgets, which burn for hours after what burnt them.
pub(crate) const ALWAYS_MAY: [&str; 4] = [
    "HighCPUUsage",
    "HighMemoryUsage",
    "DiskSpaceLow",
    "ErrorBudgetBurn",
];

/// Requests fail or wait where somebody does not answer.
const CALLERS: &[&str] = &["HighErrorRate", "HighResponseTime", "LowSuccessfulTrades"];
/// Those who ask a dependency for its health say so.
const DEPENDANTS: &[&str] = &[
    "SystemUnhealthy",
    "HealthCheckFailing",
    "HealthCheckHanging",
    "PollFailing",
    "HighErrorRate",
    "HighResponseTime",
    "LowSuccessfulTrades",
];
/// Nobody hears of the services, nor of the Collector itself.
const UNHEARD: &[&str] = &["TelemetrySilent", "TargetDown", "TelemetryDropped"];

const LN_MARKETS: &str = OUTSIDE[0].name;
const LND: &str = OUTSIDE[1].name;

/// Every drill, in the order in which they are made.
pub(crate) const DRILLS: &[Drill] = &[
    Drill {
        name: "backend/killed",
        done: "ended by SIGKILL",
        fault: End(Process(backend::NAME)),
        signs: &[page_of("BackendDown", backend::NAME)],
        consequences: CALLERS,
    },
    Drill {
        name: "backend/frozen",
        done: "frozen by SIGSTOP",
        fault: Freeze(Process(backend::NAME)),
        signs: &[page_of("BackendDown", backend::NAME)],
        consequences: CALLERS,
    },
    Drill {
        name: "margin-monitor/killed",
        done: "ended by SIGKILL",
        fault: End(Process(margin_monitor::NAME)),
        signs: &[page_of("WorkerDown", margin_monitor::NAME)],
        consequences: CALLERS,
    },
    Drill {
        name: "automation-executor/killed",
        done: "ended by SIGKILL",
        fault: End(Process(automation_executor::NAME)),
        signs: &[page_of("WorkerDown", automation_executor::NAME)],
        consequences: CALLERS,
    },
    Drill {
        name: "payment-validator/killed",
        done: "ended by SIGKILL",
        fault: End(Process(payment_validator::NAME)),
        signs: &[page_of("WorkerDown", payment_validator::NAME)],
        consequences: CALLERS,
    },
    Drill {
        name: "notification-worker/killed",
        done: "ended by SIGKILL",
        fault: End(Process(notification_worker::NAME)),
        signs: &[page_of("WorkerDown", notification_worker::NAME)],
        consequences: CALLERS,
    },
    Drill {
        name: "notification-worker/frozen",
        done: "frozen by SIGSTOP",
        fault: Freeze(Process(notification_worker::NAME)),
        signs: &[page_of("WorkerDown", notification_worker::NAME)],
        consequences: CALLERS,
    },
    Drill {
        name: "notification-worker/filled",
        done: "sent more messages than it delivers",
        fault: FillQueue,
        signs: &[page("WorkerQueueBacklog")],
        consequences: CALLERS,
    },
    Drill {
        name: "frontend/stopped",
        done: "nginx stopped",
        fault: End(Nginx),
        signs: &[
            page_of("FrontendDown", "axisor-frontend"),
            page_of("NginxDown", "nginx"),
        ],
        consequences: &[],
    },
    Drill {
        name: "frontend/frozen",
        done: "nginx frozen by SIGSTOP",
        fault: Freeze(Nginx),
        signs: &[
            page_of("FrontendDown", "axisor-frontend"),
            page_of("NginxDown", "nginx"),
        ],
        consequences: &[],
    },
    Drill {
        name: "frontend/slow",
        done: "browsers tell of pages that take 8 s",
        fault: SlowPages,
        signs: &[page("SlowPageLoad")],
        consequences: &[],
    },
    Drill {
        name: "postgres/stopped",
        done: "stopped",
        fault: End(Postgres),
        signs: &[page_of("DatabaseDown", "postgres")],
        consequences: DEPENDANTS,
    },
    Drill {
        name: "postgres/frozen",
        done: "frozen by SIGSTOP",
        fault: Freeze(Postgres),
        signs: &[page_of("DatabaseDown", "postgres")],
        consequences: DEPENDANTS,
    },
    Drill {
        name: "postgres/filled",
        done: "85 of 100 connections run a statement",
        fault: FillConnections,
        signs: &[page("DatabaseHighConnections")],
        consequences: DEPENDANTS,
    },
    Drill {
        name: "redis/stopped",
        done: "stopped",
        fault: End(Redis),
        signs: &[page_of("RedisDown", "redis")],
        consequences: DEPENDANTS,
    },
    Drill {
        name: "redis/frozen",
        done: "frozen by SIGSTOP",
        fault: Freeze(Redis),
        signs: &[page_of("RedisDown", "redis")],
        consequences: DEPENDANTS,
    },
    Drill {
        name: "redis/filled",
        done: "written to until it refuses",
        fault: FillMemory,
        signs: &[page("RedisHighMemoryUsage")],
        consequences: DEPENDANTS,
    },
    Drill {
        name: "lnmarkets/stopped",
        done: "ended by SIGKILL",
        fault: End(Process(LN_MARKETS)),
        signs: &[page_of("LNMarketsAPIDown", "lnmarkets-api")],
        consequences: DEPENDANTS,
    },
    Drill {
        name: "lnmarkets/frozen",
        done: "frozen by SIGSTOP",
        fault: Freeze(Process(LN_MARKETS)),
        signs: &[page_of("LNMarketsAPIDown", "lnmarkets-api")],
        consequences: DEPENDANTS,
    },
    Drill {
        name: "lnmarkets/slow",
        done: "answers after 3 s",
        fault: Exchange(Conduct {
            delay_ms: 3_000,
            refused_percent: 0,
        }),
        signs: &[
            page_of("HighResponseTime", backend::NAME),
            page_of("HighResponseTime", automation_executor::NAME),
        ],
        consequences: &["HighErrorRate"], // the margin guard asks twice, and its caller waits 5 s
    },
    Drill {
        name: "requests/failing",
        done: "LN Markets refuses 22 of 100, which fails a tenth of the backend's requests",
        fault: Exchange(Conduct {
            delay_ms: 0,
            refused_percent: 22,
        }),
        signs: &[page_of("HighErrorRate", backend::NAME)],
        consequences: &["HighErrorRate"],
    },
    Drill {
        name: "automations/failing",
        done: "LN Markets refuses half",
        fault: Exchange(Conduct {
            delay_ms: 0,
            refused_percent: 50,
        }),
        signs: &[page("LowSuccessfulTrades")],
        consequences: &["HighErrorRate"],
    },
    Drill {
        name: "lnd/stopped",
        done: "ended by SIGKILL",
        fault: End(Process(LND)),
        signs: &[page_of("LNDNodeDown", "lnd-node")],
        consequences: CALLERS,
    },
    Drill {
        name: "postgres-exporter/killed",
        done: "ended by SIGKILL",
        fault: End(Stack(Component::PostgresExporter)),
        signs: &[page_of("DatabaseDown", "postgres")],
        consequences: &[],
    },
    Drill {
        name: "redis-exporter/killed",
        done: "ended by SIGKILL",
        fault: End(Stack(Component::RedisExporter)),
        signs: &[page_of("RedisDown", "redis")],
        consequences: &[],
    },
    Drill {
        name: "nginx-exporter/killed",
        done: "ended by SIGKILL",
        fault: End(Stack(Component::NginxExporter)),
        signs: &[page_of("NginxDown", "nginx")],
        consequences: &[],
    },
    Drill {
        name: "node-exporter/killed",
        done: "ended by SIGKILL",
        fault: End(Stack(Component::NodeExporter)),
        signs: &[page_of("TargetDown", "node-exporter")],
        consequences: &[],
    },
    Drill {
        name: "blackbox-exporter/frozen",
        done: "frozen by SIGSTOP",
        fault: Freeze(Stack(Component::BlackboxExporter)),
        signs: &[
            page_of("FrontendDown", "axisor-frontend"),
            page_of("LNMarketsAPIDown", "lnmarkets-api"),
            page_of("LNDNodeDown", "lnd-node"),
        ],
        consequences: &[],
    },
    Drill {
        name: "collector/killed",
        done: "ended by SIGKILL",
        fault: End(Stack(Component::Collector)),
        signs: &[page("CollectorDown")],
        consequences: UNHEARD,
    },
    Drill {
        name: "collector/frozen",
        done: "frozen by SIGSTOP",
        fault: Freeze(Stack(Component::Collector)),
        signs: &[page("CollectorDown")],
        consequences: UNHEARD,
    },
    Drill {
        name: "jaeger/killed",
        done: "ended by SIGKILL",
        fault: End(Stack(Component::Jaeger)),
        signs: &[page_of("TargetDown", "jaeger")],
        consequences: &["CollectorExportFailing"],
    },
    Drill {
        name: "prometheus/frozen",
        done: "frozen by SIGSTOP",
        fault: Freeze(Stack(Component::Prometheus)),
        signs: &[Sign::Silence],
        consequences: &["RuleEvaluationFailing"],
    },
    Drill {
        name: "prometheus/killed",
        done: "ended by SIGKILL",
        fault: End(Stack(Component::Prometheus)),
        signs: &[Sign::Silence],
        consequences: &["RuleEvaluationFailing"],
    },
    Drill {
        name: "alertmanager/killed",
        done: "ended by SIGKILL",
        fault: End(Stack(Component::Alertmanager)),
        signs: &[Sign::Silence],
        consequences: &["AlertmanagerUnreachable", "TargetDown"],
    },
    Drill {
        name: "alertmanager/frozen",
        done: "frozen by SIGSTOP",
        fault: Freeze(Stack(Component::Alertmanager)),
        signs: &[Sign::Silence],
        consequences: &["AlertmanagerUnreachable", "TargetDown"],
    },
];

/// The drills of these names, or of these components: `redis` is all of its own. All of them if none is named.
///
/// # Errors
/// The name that is none.
pub(crate) fn chosen(names: &[String]) -> Result<Vec<&'static Drill>, String> {
    let is_one = |name: &&String| DRILLS.iter().any(|drill| drill.is_called(name));
    if let Some(unknown) = names.iter().find(|name| !is_one(name)) {
        return Err(unknown.clone());
    }
    let wanted =
        |drill: &&Drill| names.is_empty() || names.iter().any(|name| drill.is_called(name));
    Ok(DRILLS.iter().filter(wanted).collect())
}

impl Drill {
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.component() == name
    }

    /// Whether the page is one of its signs, or a consequence.
    pub(crate) fn expects(&self, page: &Page) -> bool {
        let alert = page.label("alertname");
        page.is_always_allowed()
            || self.consequences.contains(&alert)
            || self.signs.iter().any(|sign| page.is(*sign))
    }

    /// What is broken.
    pub(crate) fn component(&self) -> &'static str {
        self.name.split('/').next().unwrap_or_default()
    }
}

impl Page {
    /// Whether it is this sign.
    pub(crate) fn is(&self, sign: Sign) -> bool {
        let Sign::Page(alert, job) = sign else {
            return false;
        };
        self.label("alertname") == alert && job.is_none_or(|job| self.label("job") == job)
    }

    /// Whether it says nothing about a drill.
    pub(crate) fn is_always_allowed(&self) -> bool {
        ALWAYS_MAY.contains(&self.label("alertname"))
    }
}

impl fmt::Display for Page {
    /// The alert and, if it has one, its job.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (alert, job) = (self.label("alertname"), self.label("job"));
        write!(f, "{alert}{}{job}", if job.is_empty() { "" } else { " " })
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(alert, Some(job)) => write!(f, "{alert} {job}"),
            Self::Page(alert, None) => f.write_str(alert),
            Self::Silence => f.write_str("the heartbeat stops"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_has_a_name_of_its_own_and_tells_somebody() {
        let names: HashSet<_> = DRILLS.iter().map(|drill| drill.name).collect();
        assert_eq!(names.len(), DRILLS.len());
        assert!(DRILLS.iter().all(|drill| !drill.signs.is_empty()));
    }

    #[test]
    fn one_is_chosen_by_its_name_and_several_by_their_component() {
        let chosen = |name: &str| chosen(&[name.to_owned()]).map(|drills| drills.len());
        assert_eq!(chosen("redis/filled"), Ok(1));
        assert_eq!(chosen("redis"), Ok(3));
        assert_eq!(chosen("red"), Err("red".to_owned()));
        assert_eq!(super::chosen(&[]).map(|all| all.len()), Ok(DRILLS.len()));
    }
}
