//! The table of wall times, as ratios taken in turns.

mod clock;

use axisor_cost::Subject;

use self::clock::{Clock, Turn};
use crate::effort::Effort;
use crate::error::CostError;
use crate::figure::median;
use crate::programs::Programs;
use crate::scenarios::{Row, called};
use crate::table;

/// How much more than the peer's a call's time may grow with a second thread.
const GROWTH: f64 = 1.5;

/// A row whose cases were timed in turns: first the bare function, then ours, then the peers.
pub(crate) struct Timed<'a> {
    row: &'a Row,
    turns: Vec<Vec<Turn>>,
}

const BARE: usize = 0;
const OURS: usize = 1;

impl<'a> Timed<'a> {
    pub(crate) fn new(
        programs: &Programs,
        row: &'a Row,
        effort: Effort,
    ) -> Result<Self, CostError> {
        eprintln!("  timing: {}", row.title);
        let subjects = [Subject::Bare, Subject::Ours]
            .into_iter()
            .chain(row.peers.iter().copied());
        let mut clocks: Vec<Clock> = subjects
            .map(|subject| Clock::start(programs, row, subject))
            .collect::<Result<_, _>>()?;
        let mut turns = Vec::new();
        for _ in 0..=effort.turns {
            let turn = clocks.iter_mut().map(|clock| clock.turn(effort.calls));
            turns.push(turn.collect::<Result<_, _>>()?);
        }
        turns.remove(0); // they had to warm up
        for clock in clocks {
            clock.end()?;
        }
        Ok(Self { row, turns })
    }

    fn median(&self, of: impl Fn(&[Turn]) -> f64) -> f64 {
        median(self.turns.iter().map(|turn| of(turn)).collect())
    }

    fn lines(&self) -> impl Iterator<Item = [String; 7]> + '_ {
        (BARE..2 + self.row.peers.len()).map(|index| {
            let subject = match index {
                BARE => Subject::Bare,
                OURS => Subject::Ours,
                _ => self.row.peers[index - 2],
            };
            let title = if index == BARE { self.row.title } else { "" };
            let growth = |turn: &[Turn]| turn[OURS].growth() / turn[index].growth();
            let growth = self.median(growth);
            let [ratio, growth, met] = if index > OURS {
                let ratio = self.median(|turn| turn[OURS].one_thread / turn[index].one_thread);
                let met = table::met(Some(growth <= GROWTH)).to_owned();
                [format!("{ratio:.2}"), format!("{growth:.2}"), met]
            } else {
                [const { String::new() }; 3]
            };
            [
                title.to_owned(),
                called(subject).to_owned(),
                format!("{:.1}", self.median(|turn| turn[index].one_thread)),
                ratio,
                format!("{:.2}", self.median(|turn| turn[index].growth())),
                growth,
                met,
            ]
        })
    }
}

/// The table of all that was timed.
pub(crate) fn table(rows: &[Timed<'_>]) -> String {
    table::text(
        [
            "wall time per call",
            "whose",
            "ns",
            "ours/peer",
            "2 threads / 1",
            "ours/peer",
            "≤ 1.5",
        ],
        rows.iter().flat_map(Timed::lines),
    )
}
