//! Plain calls that record business events.

use std::sync::Arc;

use super::Telemetry;
use crate::jobs::Queue;
use crate::label::LabelValue;
use crate::record::{Authentication, Automations, MarginGuard, Pages, Payments, Queues};

impl Telemetry {
    /// Records automation executions.
    pub fn automations(&self) -> Automations {
        Automations::new(Arc::clone(&self.0.scope))
    }

    /// Records margin guard actions.
    pub fn margin_guard(&self) -> MarginGuard {
        MarginGuard::new(Arc::clone(&self.0.scope))
    }

    /// Records processed payments.
    pub fn payments(&self) -> Payments {
        Payments::new(Arc::clone(&self.0.scope))
    }

    /// Records the length of worker queues.
    pub fn queues(&self) -> Queues {
        Queues::new(Arc::clone(&self.0.scope))
    }

    /// The queue of this name, to send jobs to or work them off: [`jobs`](crate::jobs) has an example.
    pub fn queue(&self, name: impl LabelValue) -> Queue {
        Queue::new(Arc::clone(&self.0.scope), &name)
    }

    /// Records failed authentications.
    pub fn authentication(&self) -> Authentication {
        Authentication::new(Arc::clone(&self.0.scope))
    }

    /// Records page loads.
    pub fn pages(&self) -> Pages {
        Pages::new(Arc::clone(&self.0.scope))
    }
}
