//! Runs whose spans are received and counted.

use axisor_cost::Case;

use crate::error::CostError;
use crate::sink::Sink;

/// A case, and the receiver of its spans if it has any.
pub(crate) struct Receiving {
    pub(crate) case: Case,
    sink: Option<Sink>,
}

impl Receiving {
    /// Starts a receiver if `case` needs one.
    pub(crate) fn start(case: &Case) -> Result<Self, CostError> {
        let mut case = case.clone();
        let sink = if case.spans(1, 0) > 0 {
            Some(Sink::start().map_err(CostError::Sink)?)
        } else {
            None
        };
        case.endpoint = sink.as_ref().map(Sink::endpoint);
        Ok(Self { case, sink })
    }

    /// Checks, after the program has ended, that every span of its calls arrived.
    pub(crate) fn check(&self, calls: u64, parents: u64) -> Result<(), CostError> {
        let received = self.sink.as_ref().map_or(0, Sink::received);
        let expected = self.case.spans(calls, parents);
        if received == expected {
            return Ok(());
        }
        let case = self.case.arguments().join(" ");
        Err(CostError::SpansLost {
            case,
            expected,
            received,
        })
    }
}
