//! The table of instructions and allocations.

use axisor_cost::{Case, Subject};

use crate::effort::Effort;
use crate::error::CostError;
use crate::figure::Figure;
use crate::programs::Programs;
use crate::scenarios::{Bar, Row, called};
use crate::table::{self, grouped};

/// A row that has been measured, everything over the bare call.
pub(crate) struct Measured<'a> {
    row: &'a Row,
    ours: Figure,
    peers: Vec<Figure>,
}

impl<'a> Measured<'a> {
    pub(crate) fn new(
        programs: &Programs,
        row: &'a Row,
        effort: Effort,
    ) -> Result<Self, CostError> {
        let measure = |subject| {
            eprintln!("  counting: {}, {}", row.title, called(subject));
            let case = Case {
                scenario: row.scenario,
                subject,
                form: row.form,
                endpoint: None,
            };
            Figure::measure(programs, &case, effort)
        };
        let bare = measure(Subject::Bare)?;
        let ours = measure(Subject::Ours)?.over(bare);
        let peers = subjects(row).map(|peer| Ok(measure(peer)?.over(bare)));
        Ok(Self {
            row,
            ours,
            peers: peers.collect::<Result<_, CostError>>()?,
        })
    }

    /// The most instructions our attribute may add.
    fn limit(&self) -> Option<f64> {
        match self.row.bar {
            Bar::None => None,
            Bar::Instructions(limit) | Bar::NoAllocations(limit) => Some(limit),
            Bar::Share(share) => Some((self.peers[0].instructions * share).floor()),
        }
    }

    /// Whether the bar is met, if there is one.
    pub(crate) fn met(&self) -> Option<bool> {
        let within = self.ours.instructions <= self.limit()?;
        let allocates = self.ours.allocations > 0.0;
        Some(within && !(allocates && matches!(self.row.bar, Bar::NoAllocations(_))))
    }

    fn bar(&self) -> String {
        let limit = self.limit().map(grouped).unwrap_or_default();
        match self.row.bar {
            Bar::None => String::new(),
            Bar::Instructions(_) => limit,
            Bar::NoAllocations(_) => format!("{limit} (0)"),
            Bar::Share(share) => format!("{share} × = {limit}"),
        }
    }

    fn lines(&self) -> impl Iterator<Item = [String; 7]> + '_ {
        let peers = subjects(self.row).zip(&self.peers);
        peers.enumerate().map(|(line, (peer, theirs))| {
            let ratio = format!("{:.2}", self.ours.instructions / theirs.instructions);
            let (peer, theirs) = (called(peer).to_owned(), text(*theirs));
            if line > 0 {
                let blank = String::new;
                return [blank(), blank(), blank(), peer, theirs, ratio, blank()];
            }
            let met = table::met(self.met()).to_owned();
            [
                self.row.title.to_owned(),
                self.bar(),
                text(self.ours),
                peer,
                theirs,
                ratio,
                met,
            ]
        })
    }
}

/// With whom a row is compared, the peer of the bar first.
fn subjects(row: &Row) -> impl Iterator<Item = Subject> + use<> {
    row.peers.iter().chain(row.thrown_away).copied()
}

/// The table of all that was measured.
pub(crate) fn table(rows: &[Measured<'_>]) -> String {
    table::text(
        [
            "instructions (allocations) per call",
            "bar",
            "ours",
            "peer",
            "peer's",
            "ratio",
            "met",
        ],
        rows.iter().flat_map(Measured::lines),
    )
}

fn text(figure: Figure) -> String {
    let allocations = figure.allocations;
    let allocations = if allocations > 0.0 && allocations < 0.1 {
        "<0.1".to_owned()
    } else {
        format!("{allocations:.1}")
            .trim_end_matches(".0")
            .to_owned()
    };
    format!("{} ({allocations})", grouped(figure.instructions))
}
