//! Who is told what: the routes as a table, and a real Alertmanager telling real channels.

use std::fs;

use axisor_stack::{Component, Stack};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::sink::{self, Message, Sink};
use crate::support::{committed, get, get_json, program, quick, until};

/// Labels of an alert → who is told.
const TOLD: [(&str, &str, &str); 14] = [
    (
        "BackendDown",
        "severity=critical job=axisor-backend",
        "on-call,escalation",
    ),
    (
        "DatabaseDown",
        "severity=critical job=postgres",
        "on-call,escalation",
    ),
    (
        "PaymentProcessingFailed",
        "severity=critical",
        "on-call,escalation",
    ),
    (
        "LNMarketsAPIDown",
        "severity=critical job=lnmarkets-api",
        "on-call,escalation",
    ),
    (
        "DiskSpaceLow",
        "severity=critical job=node-exporter",
        "on-call,escalation",
    ),
    (
        "ErrorBudgetBurn",
        "severity=critical slo=http_availability",
        "on-call,escalation",
    ),
    (
        "ErrorBudgetBurn",
        "severity=warning slo=http_availability",
        "team",
    ),
    ("HighErrorRate", "severity=warning", "team"),
    ("WorkerDown", "severity=warning job=margin-monitor", "team"),
    ("HighCPUUsage", "severity=warning", "team"),
    ("SomethingNew", "severity=info", "team"),
    ("SomethingWithout", "job=axisor-backend", "team"),
    ("CollectorQueueFilling", "severity=warning", "team"),
    ("Watchdog", "severity=info", "heartbeat"),
];

async fn told(alert: &str, labels: &str, receivers: &str) -> bool {
    let amtool = program(Component::Alertmanager, "amtool").await;
    let output = Command::new(amtool)
        .args(["config", "routes", "test"])
        .arg("--config.file")
        .arg(committed("alertmanager/alertmanager.yml"))
        .arg(format!("--verify.receivers={receivers}"))
        .arg(format!("alertname={alert}"))
        .args(labels.split(' '))
        .output()
        .await;
    output.unwrap().status.success()
}

#[tokio::test]
async fn every_alert_reaches_those_it_is_for() {
    for (alert, labels, receivers) in TOLD {
        assert!(
            told(alert, labels, receivers).await,
            "{alert} {labels} is not for {receivers}"
        );
    }
}

#[tokio::test]
async fn a_wrong_receiver_is_noticed() {
    assert!(!told("HighErrorRate", "severity=warning", "on-call").await);
}

/// An Alertmanager three hundred times as fast, that tells a sink.
struct Alerting {
    stack: Stack,
    web: Sink,
    secrets: TempDir,
}

const TOKEN: &str = "123:token";
const TELEGRAM: &str = "/bot123:token/sendMessage";

impl Alerting {
    async fn start() -> Self {
        let (web, secrets) = (sink::web().await, tempfile::tempdir().unwrap());
        for (file, secret) in [
            ("slack_url", web.url("/slack")),
            ("webhook_url", web.url("/webhook")),
            ("webhook_token", "first".to_owned()),
            ("telegram_token", TOKEN.to_owned()),
            ("telegram_chat", "41".to_owned()),
            ("telegram_escalation_chat", "42".to_owned()),
            ("heartbeat_url", web.url("/heartbeat")),
            ("smtp_password", "s3cret".to_owned()),
        ] {
            fs::write(secrets.path().join(file), secret).unwrap();
        }
        let stack = quick()
            .only([Component::Alertmanager])
            .secrets(secrets.path())
            .haste(300)
            .start();
        let stack = stack.await.unwrap();
        let alerting = Self {
            stack,
            web,
            secrets,
        };
        let telegram = json!({"telegram_api_url": alerting.web.url("")});
        alerting.change(|root| root["global"] = telegram).await;
        alerting
    }

    /// What stands in for the world is on loopback.
    async fn change(&self, change: impl FnOnce(&mut Value)) {
        let file = self.stack.dir().join("alertmanager.yml");
        let mut root = serde_yaml_ng::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        change(&mut root);
        fs::write(&file, serde_yaml_ng::to_string(&root).unwrap()).unwrap();
        self.post("/-/reload", &json!(null)).await;
    }

    async fn post(&self, path: &str, body: &Value) {
        let url = format!("{}{path}", self.stack.alertmanager());
        let client = Client::builder().no_proxy().build().unwrap();
        let answer = client.post(url).json(body).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{}", answer.text().await.unwrap());
    }

    async fn fire(&self, alerts: &[Value]) {
        self.post("/api/v2/alerts", &json!(alerts)).await;
    }

    async fn end(&self, alert: &Value) {
        let mut alert = alert.clone();
        alert["startsAt"] = "2020-01-01T00:00:00Z".into();
        alert["endsAt"] = "2020-01-01T00:00:01Z".into();
        self.fire(&[alert]).await;
    }

    async fn silence(&self, alert: &str) {
        let matcher = json!({"name": "alertname", "value": alert, "isRegex": false});
        let silence = json!({
            "matchers": [matcher],
            "startsAt": "2020-01-01T00:00:00Z",
            "endsAt": "2120-01-01T00:00:00Z",
            "createdBy": "the first one",
            "comment": "I am on it",
        });
        self.post("/api/v2/silences", &silence).await;
    }

    /// Whether another one silences it, for each that fires under this name.
    async fn is_silent(&self, alert: &str) -> Vec<bool> {
        let url = format!(
            "{}/api/v2/alerts?filter=alertname={alert}",
            self.stack.alertmanager()
        );
        let alerts = get_json(&url).await.unwrap();
        let by = alerts
            .as_array()
            .unwrap()
            .iter()
            .map(|alert| &alert["status"]["inhibitedBy"]);
        by.map(|by| !by.as_array().unwrap().is_empty()).collect()
    }

    async fn told(&self, path: &str, text: &str) -> Message {
        let what = format!("{text} at {path}");
        until(&what, || async { self.web.got(path, text).pop() }).await
    }
}

/// One that fires from now on until it is ended, at most for five minutes.
fn alert(name: &str, severity: &str, labels: &[(&str, &str)]) -> Value {
    let mut all = json!({"alertname": name, "severity": severity});
    for (key, value) in labels {
        all[*key] = (*value).into();
    }
    let instance = all["instance"].as_str().unwrap_or("all").to_owned();
    json!({
        "labels": all,
        "annotations": {
            "summary": format!("{name} of {instance}"),
            "description": "What is < wrong",
            "runbook_url": format!("https://axisor.example/runbooks/{name}.md"),
        },
    })
}

/// By telegram to the second one's chat.
fn escalated(alerting: &Alerting, alert: &str) -> Vec<Message> {
    let mut told = alerting.web.got(TELEGRAM, alert);
    told.retain(|message| message.body.contains(r#""chat_id":"42""#));
    told
}

#[tokio::test]
async fn what_nobody_took_up_is_escalated_and_what_was_silenced_or_ended_is_not() {
    let alerting = Alerting::start().await;
    let (silenced, ended) = ("RedisDown", "DatabaseDown");
    let over = alert(ended, "critical", &[]);
    alerting
        .fire(&[alert(silenced, "critical", &[]), over.clone()])
        .await;
    alerting.told("/webhook", silenced).await;
    alerting.told("/webhook", ended).await;
    alerting.silence(silenced).await;
    alerting.end(&over).await;
    // Its clock begins last, so those of the others have run out when it has.
    alerting
        .fire(&[alert("BackendDown", "critical", &[])])
        .await;
    until("the escalation", || async {
        escalated(&alerting, "BackendDown").pop()
    })
    .await;
    for alert in [silenced, ended] {
        assert!(
            escalated(&alerting, alert).is_empty(),
            "{alert} was escalated"
        );
    }
    alerting.stack.down().await.unwrap();
}

#[tokio::test]
async fn instances_are_one_message_and_jobs_are_not() {
    let alerting = Alerting::start().await;
    let worker = |job: &str, instance: &str| {
        alert(
            "WorkerDown",
            "warning",
            &[("job", job), ("instance", instance)],
        )
    };
    let [one, two] = ["one", "two"].map(|instance| worker("margin-monitor", instance));
    alerting
        .fire(&[one, two, worker("payment-validator", "three")])
        .await;
    let message = alerting.told("/slack", "WorkerDown of one").await;
    assert!(message.body.contains("WorkerDown of two"), "{message:?}");
    assert!(!message.body.contains("WorkerDown of three"), "{message:?}");
    alerting.told("/slack", "WorkerDown of three").await;
    alerting.stack.down().await.unwrap();
}

#[tokio::test]
async fn what_is_outside_is_one_message_and_a_machine_is_one() {
    let alerting = Alerting::start().await;
    alerting
        .fire(&[
            alert("LNMarketsAPIDown", "critical", &[("job", "lnmarkets-api")]),
            alert("LNDNodeDown", "critical", &[("job", "lnd-node")]),
            alert("HighCPUUsage", "warning", &[("instance", "host-1")]),
            alert("HighMemoryUsage", "warning", &[("instance", "host-1")]),
        ])
        .await;
    for (one, other) in [
        ("LNDNodeDown of", "LNMarketsAPIDown of"),
        ("HighCPUUsage of", "HighMemoryUsage of"),
    ] {
        let message = alerting.told("/slack", one).await;
        assert!(message.body.contains(other), "{message:?}");
    }
    alerting.stack.down().await.unwrap();
}

#[tokio::test]
async fn a_dead_backend_silences_its_warnings_until_it_is_back() {
    let alerting = Alerting::start().await;
    let dead = alert("BackendDown", "critical", &[("job", "axisor-backend")]);
    let explained = alert("HighErrorRate", "warning", &[]);
    let other = alert("HighUserLoginFailures", "warning", &[]);
    alerting.fire(std::slice::from_ref(&dead)).await;
    alerting.told("/webhook", "BackendDown").await;
    alerting.fire(&[explained, other]).await;
    alerting.told("/slack", "HighUserLoginFailures").await; // has waited as long
    assert!(alerting.web.got("/slack", "HighErrorRate").is_empty());
    alerting.end(&dead).await;
    alerting.told("/slack", "HighErrorRate").await;
    alerting.stack.down().await.unwrap();
}

/// What is dead, a warning, a label of that, and whether the one explains the other.
const EXPLAINED: [(&str, &str, &str, bool); 13] = [
    ("BackendDown", "HighResponseTime", "", true),
    ("DatabaseDown", "LowSuccessfulTrades", "", true),
    ("LNMarketsAPIDown", "LowSuccessfulTrades", "", true),
    ("LNDNodeDown", "LowSuccessfulTrades", "", false),
    ("BackendDown", "WorkerQueueBacklog", "", false),
    ("DatabaseDown", "DatabaseHighConnections", "", true),
    ("DatabaseDown", "PollFailing", "poll=active_users", true),
    ("DatabaseDown", "HealthCheckFailing", "check=database", true),
    ("DatabaseDown", "HealthCheckFailing", "check=redis", false),
    ("RedisDown", "RedisHighMemoryUsage", "", true),
    ("RedisDown", "HealthCheckHanging", "check=redis", true),
    (
        "LNMarketsAPIDown",
        "HealthCheckFailing",
        "check=external_services",
        true,
    ),
    (
        "CollectorDown",
        "TelemetrySilent",
        "job=axisor-backend",
        true,
    ),
];

#[tokio::test]
async fn each_that_is_dead_explains_its_own_and_no_more() {
    let alerting = Alerting::start().await;
    for (row, (cause, name, label, explained)) in EXPLAINED.into_iter().enumerate() {
        let row = format!("row-{row}");
        let dead = alert(cause, "critical", &[("instance", &row)]);
        let labels = Vec::from_iter(label.split_once('='));
        let warning = alert(name, "warning", &labels);
        let critical = alert(name, "critical", &labels);
        alerting.fire(std::slice::from_ref(&dead)).await;
        alerting
            .told("/webhook", &format!("{cause} of {row}"))
            .await;
        alerting.fire(std::slice::from_ref(&warning)).await;
        assert_eq!(
            alerting.is_silent(name).await,
            [explained],
            "{cause} and {name}"
        );
        alerting.end(&warning).await;
        alerting.fire(std::slice::from_ref(&critical)).await;
        assert_eq!(
            alerting.is_silent(name).await,
            [false],
            "{cause} and {name}"
        );
        alerting.end(&dead).await;
        alerting.end(&critical).await;
    }
    alerting.stack.down().await.unwrap();
}

#[tokio::test]
async fn the_worse_of_two_is_told() {
    let alerting = Alerting::start().await;
    let burn = |severity, slo| alert("ErrorBudgetBurn", severity, &[("slo", slo)]);
    alerting.fire(&[burn("critical", "availability")]).await;
    alerting.told("/webhook", "availability").await;
    alerting
        .fire(&[burn("warning", "availability"), burn("warning", "latency")])
        .await;
    alerting.told("/slack", "warning: ErrorBudgetBurn").await;
    let told = alerting.web.got("/slack", "warning: ErrorBudgetBurn");
    assert_eq!(told.len(), 1, "{told:?}");
    alerting.stack.down().await.unwrap();
}

#[tokio::test]
async fn the_heart_beats_again_and_again_and_for_nobody_else() {
    let alerting = Alerting::start().await;
    alerting.fire(&[alert("Watchdog", "info", &[])]).await;
    until("three beats", || async {
        let beats = alerting.web.got("/heartbeat", "Watchdog");
        (beats.len() >= 3).then_some(())
    })
    .await;
    for path in ["/slack", "/webhook", TELEGRAM] {
        assert!(alerting.web.got(path, "").is_empty(), "{path}");
    }
    alerting.stack.down().await.unwrap();
}

#[tokio::test]
async fn messages_say_what_is_wrong_and_where_it_is_told_what_to_do() {
    let alerting = Alerting::start().await;
    alerting
        .fire(&[alert("BackendDown", "critical", &[("instance", "b-1")])])
        .await;
    let slack = alerting.told("/slack", "BackendDown").await;
    let slack: Value = serde_json::from_str(&slack.body).unwrap();
    let slack = &slack["attachments"][0];
    assert_eq!(slack["title"], "[FIRING 1] critical: BackendDown");
    assert_eq!(
        slack["title_link"],
        "https://axisor.example/runbooks/BackendDown.md"
    );
    assert_eq!(
        some_time(&slack["text"]),
        "BackendDown of b-1\n\
         What is < wrong\n\
         On b-1, since 0000-00-00 00:00:00 UTC\n\
         What to do: https://axisor.example/runbooks/BackendDown.md"
    );

    let telegram = alerting.told(TELEGRAM, "BackendDown").await;
    let telegram: Value = serde_json::from_str(&telegram.body).unwrap();
    assert_eq!(telegram["chat_id"], "41");
    assert_eq!(
        some_time(&telegram["text"]),
        "<b>[FIRING 1] critical: BackendDown</b>\n\n\
         BackendDown of b-1\n\
         What is &lt; wrong\n\
         On b-1, since 0000-00-00 00:00:00 UTC\n\
         What to do: https://axisor.example/runbooks/BackendDown.md"
    );
    alerting.stack.down().await.unwrap();
}

/// With every digit of a time as 0.
fn some_time(text: &Value) -> String {
    let (before, time) = text.as_str().unwrap().split_once("since ").unwrap();
    let (time, after) = time.split_once(" UTC").unwrap();
    let time = time.replace(|c: char| c.is_ascii_digit(), "0");
    format!("{before}since {time} UTC{after}")
}

#[tokio::test]
async fn mail_is_sent_with_the_password_of_its_file() {
    let alerting = Alerting::start().await;
    let mail = sink::mail().await;
    let smarthost = mail.address.clone();
    alerting
        .change(|root| {
            let email = &mut root["receivers"][2]["email_configs"][0];
            email["smarthost"] = smarthost.into();
            email["require_tls"] = false.into();
        })
        .await;
    alerting
        .fire(&[alert("BackendDown", "critical", &[])])
        .await;
    let got = until("a mail", || async {
        mail.got("owner@example.com", "BackendDown").pop()
    })
    .await;
    // \0alerts@example.com\0s3cret
    assert_eq!(
        got.authorization,
        "AUTH PLAIN AGFsZXJ0c0BleGFtcGxlLmNvbQBzM2NyZXQ="
    );
    assert!(
        got.body
            .contains("Subject: [FIRING 1] critical: BackendDown"),
        "{}",
        got.body
    );
    assert!(
        got.body.contains("What to do: https://axisor.example"),
        "{}",
        got.body
    );
    alerting.stack.down().await.unwrap();
}

#[tokio::test]
async fn a_secret_is_read_whenever_it_is_needed() {
    let alerting = Alerting::start().await;
    alerting
        .fire(&[alert("BackendDown", "critical", &[])])
        .await;
    let first = alerting.told("/webhook", "BackendDown").await;
    assert_eq!(first.authorization, "Bearer first");
    fs::write(alerting.secrets.path().join("webhook_token"), "second").unwrap();
    alerting.fire(&[alert("RedisDown", "critical", &[])]).await;
    let second = alerting.told("/webhook", "RedisDown").await;
    assert_eq!(second.authorization, "Bearer second");

    fs::remove_file(alerting.secrets.path().join("slack_url")).unwrap();
    alerting
        .fire(&[alert("LNDNodeDown", "critical", &[])])
        .await;
    let metrics = format!("{}/metrics", alerting.stack.alertmanager());
    until("a failure that is counted", || async {
        let page = get(&metrics).await?;
        let mut lines = page.lines();
        lines.find(|line| {
            line.starts_with("alertmanager_notifications_failed_total{integration=\"slack\"")
                && !line.ends_with(" 0")
        })?;
        Some(())
    })
    .await;
    alerting.stack.down().await.unwrap();
}

#[tokio::test]
async fn without_secrets_alerts_are_shown_and_nobody_is_told() {
    let stack = quick()
        .only([Component::Alertmanager])
        .start()
        .await
        .unwrap();
    assert_eq!(stack.channels(), [""; 0]);
    let alerting = Alerting {
        stack,
        web: sink::web().await,
        secrets: tempfile::tempdir().unwrap(),
    };
    alerting
        .fire(&[alert("BackendDown", "critical", &[])])
        .await;
    let groups = format!("{}/api/v2/alerts", alerting.stack.alertmanager());
    let shown = get(&groups).await.unwrap();
    assert!(
        shown.contains("BackendDown") && shown.contains("on-call"),
        "{shown}"
    );
    alerting.stack.down().await.unwrap();
}
