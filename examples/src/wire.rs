//! What services say to each other.

use axisor_telemetry::LabelValue;
use axisor_telemetry::jobs::JobCarrier;
use serde::{Deserialize, Serialize};

use crate::guard::Verdict;

/// The queues of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, LabelValue)]
pub enum JobQueue {
    /// Executions of automations, which the backend wants and the executor does.
    Automations,
    /// Messages to users, which the monitor wants and the notification worker sends.
    Notifications,
    /// Payments, which the backend is told of and the validator checks.
    Payments,
}

/// What an automation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutomationKind {
    /// Looks at the margin and has the guard act.
    MarginCheck,
    /// Looks whether a profit should be taken.
    TakeProfit,
}

impl AutomationKind {
    /// The name in paths.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MarginCheck => "margin_check",
            Self::TakeProfit => "take_profit",
        }
    }
}

/// An automation to create: `POST /api/automations`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewAutomation {
    /// Whose it is.
    pub user_id: u64,
    /// The position it watches.
    pub position_id: u64,
    /// What it does.
    pub kind: AutomationKind,
}

/// An automation as created.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Automation {
    /// The number.
    pub id: u64,
    /// What was asked for.
    #[serde(flatten)]
    pub new: NewAutomation,
}

/// An execution for the automation executor: `POST /jobs/:kind`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Whose automation it is.
    pub user_id: u64,
    /// The position it watches.
    pub position_id: u64,
    /// The number of this execution.
    pub run: u64,
    /// Its trace, and since when it waits.
    #[serde(flatten)]
    pub carrier: JobCarrier,
}

/// What an execution came to: the answer to `POST /api/automations/:id/execute`, too.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Execution {
    /// What the margin guard found.
    pub verdict: Verdict,
    /// Whether the user will be told.
    pub notified: bool,
}

/// A message to a user: `POST /notifications`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Notification {
    /// To whom.
    pub user_id: u64,
    /// The number of the execution it is about.
    pub run: u64,
    /// What it says.
    pub text: String,
    /// Its trace, since when it waits, and how often it was tried.
    #[serde(flatten)]
    pub carrier: JobCarrier,
}

/// A Lightning payment: `POST /api/payments`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Payment {
    /// Who says to have paid.
    pub user_id: u64,
    /// The number of the invoice.
    pub invoice: u64,
    /// How much, in satoshis.
    pub sats: u64,
}

/// A payment to check: `POST /jobs/payment`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaymentJob {
    /// What is said to have been paid.
    #[serde(flatten)]
    pub payment: Payment,
    /// Its trace, and since when it waits.
    #[serde(flatten)]
    pub carrier: JobCarrier,
}
