//! Clients of the backend: the same requests for the same seed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axisor_examples::fate::Fate;
use axisor_examples::guard::Verdict;
use axisor_examples::users::USERS;
use axisor_examples::wire::{AutomationKind, Execution, NewAutomation, Payment};
use fastrand::Rng;
use http::StatusCode;
use reqwest::{Client, RequestBuilder};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::flows::Told;
use super::process::lock;

/// The time between two requests.
const PACE: Duration = Duration::from_millis(60);
/// The most requests under way; past it clients wait.
const MOST_OPEN: usize = 64;

/// Requests sent to one backend.
#[derive(Debug)]
pub(crate) struct Traffic {
    backend: String,
    fate: Fate,
    http: Client,
    sent: AtomicU64,
    failed: AtomicU64,
    flagship: Mutex<Option<String>>,
}

impl Traffic {
    pub(crate) fn new(backend: &str, seed: u64) -> Arc<Self> {
        let http = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(10));
        Arc::new(Self {
            backend: backend.to_owned(),
            fate: Fate::new(seed),
            http: http
                .build()
                .expect("an HTTP client without TLS needs nothing"),
            sent: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            flagship: Mutex::new(None),
        })
    }

    /// Sends requests until dropped.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut open = JoinSet::new();
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            pace.tick().await;
            while open.try_join_next().is_some() {}
            if open.len() < MOST_OPEN {
                open.spawn(Arc::clone(&self).send());
            }
        }
    }

    /// How many requests were sent, and how many of them failed: unanswered, or with a status of 500 and more.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (
            self.sent.load(Ordering::Relaxed),
            self.failed.load(Ordering::Relaxed),
        )
    }

    /// The latest trace that went all the way: a payment, an order and a notification.
    pub(crate) fn flagship(&self) -> Option<String> {
        lock(&self.flagship).clone()
    }

    async fn send(self: Arc<Self>) {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let mut chance = self.fate.of("traffic", number);
        let answer = self.request(&mut chance, number).send().await;
        let failed = answer
            .as_ref()
            .map_or(true, |answer| answer.status().is_server_error());
        self.failed.fetch_add(u64::from(failed), Ordering::Relaxed);
        if let Ok(answer) = answer
            && answer.status() == StatusCode::OK
            && answer.url().path().ends_with("/execute")
            && let Some(told) = Told::by(answer.headers())
            && let Ok(execution) = answer.json().await
        {
            self.remember(&execution, told);
        }
    }

    fn request(&self, chance: &mut Rng, number: u64) -> RequestBuilder {
        let user = chance.u64(1..=USERS);
        let get = |path: String| self.http.get(format!("{}{path}", self.backend));
        let post = |path: String| self.http.post(format!("{}{path}", self.backend));
        match chance.u32(0..100) {
            0..45 => post(format!("/api/automations/{user}/execute")),
            45..60 => get(format!("/api/positions/{user}")),
            60..70 => get(format!("/api/users/{user}/positions/{user}")),
            70..78 => get(format!("/api/users/{user}")),
            78..86 => post("/api/automations".to_owned()).json(&new_automation(user, chance)),
            86..95 => post("/api/payments".to_owned()).json(&Payment {
                user_id: user,
                invoice: number,
                sats: chance.u64(1_000..500_000),
            }),
            95..98 => get(format!("/api/users/{}", user + USERS)),
            _ => get(format!("/wp-login.php?try={number}")),
        }
    }

    fn remember(&self, execution: &Execution, told: Told) {
        if execution.verdict == Verdict::AddMargin && execution.notified {
            *lock(&self.flagship) = Some(told.trace_id);
        }
    }
}

fn new_automation(user: u64, chance: &mut Rng) -> NewAutomation {
    let kind = if chance.bool() {
        AutomationKind::MarginCheck
    } else {
        AutomationKind::TakeProfit
    };
    NewAutomation {
        user_id: user,
        position_id: user,
        kind,
    }
}
