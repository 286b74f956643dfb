//! One drill after the other: broken, paged, repaired, over.

use std::time::{Duration, Instant};

use axisor_tests::prometheus::Prometheus;
use tokio::time::sleep;

use super::DrillError;
use super::drills::{ALWAYS_MAY, Drill, Sign};
use super::fault::Held;
use super::report::{Report, Row};
use crate::system::{Haste, System};

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// The time between two dots.
const DOT: Duration = Duration::from_secs(1);

/// Who makes the drills.
pub(crate) struct Watcher<'a> {
    system: &'a mut System,
    haste: Haste,
    pub(crate) report: Report,
}

/// A sign as it came.
struct Seen {
    text: String,
    severity: String,
    after: Duration,
}

impl<'a> Watcher<'a> {
    pub(crate) fn new(system: &'a mut System, haste: Haste) -> Self {
        Self {
            system,
            haste,
            report: Report::default(),
        }
    }

    /// Makes these drills. What follows late from one belongs to it, so the next waits until all is well.
    pub(crate) async fn make(&mut self, drills: &[&'static Drill]) -> Result<(), DrillError> {
        self.until_well().await?;
        for (number, drill) in drills.iter().enumerate() {
            eprint!("{}/{} {}: ", number + 1, drills.len(), drill.name);
            let struck = Instant::now();
            self.make_one(drill, struck).await?;
            self.until_well().await?;
            self.note_unexpected(drill, struck);
            eprintln!(" over");
        }
        Ok(())
    }

    async fn make_one(&mut self, drill: &'static Drill, struck: Instant) -> Result<(), DrillError> {
        let held = drill.fault.strike(self.system).await;
        let held = held.map_err(|source| drill.failed(source))?;
        eprint!("{} ", drill.done);
        let mut seen = Vec::new();
        for sign in drill.signs {
            seen.push(self.until_seen(*sign, struck).await);
        }
        let repaired = self.repair(drill, held).await?;
        for (sign, seen) in drill.signs.iter().zip(seen) {
            let resolved = match seen {
                Some(_) => self.until_over(*sign, struck, repaired).await,
                None => None,
            };
            self.report.rows.push(row(drill, *sign, seen, resolved));
        }
        Ok(())
    }

    /// When the repair began.
    async fn repair(&mut self, drill: &'static Drill, held: Held) -> Result<Instant, DrillError> {
        let repaired = Instant::now();
        let mended = drill.fault.repair(held, self.system).await;
        mended.map_err(|source| drill.failed(source))?;
        eprint!(" repaired ");
        Ok(repaired)
    }

    fn note_unexpected(&mut self, drill: &'static Drill, struck: Instant) {
        let pages = self.system.pager.since(struck);
        let pages = pages.iter().filter(|page| !drill.expects(page));
        let pages = pages.map(|page| (drill.name, page.to_string()));
        self.report.unexpected.extend(pages);
    }

    /// Waits until nothing fires, nor is about to, and for a while after that.
    async fn until_well(&mut self) -> Result<(), DrillError> {
        let give_up = Instant::now() + self.patience();
        let mut last_seen = Instant::now();
        while last_seen.elapsed() < 3 * self.haste.interval() {
            let alerts = self.alerts().await;
            if !alerts.is_empty() {
                last_seen = Instant::now();
            }
            if last_seen >= give_up {
                let alerts = alerts.join(", ");
                return Err(DrillError::NotWell { alerts });
            }
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// What somebody was paged for and is not over, and what Prometheus sees, or that it does not answer.
    async fn alerts(&self) -> Vec<String> {
        let pages = self.system.pager.unresolved();
        let pages = pages.iter().filter(|page| !page.is_always_allowed());
        let mut alerts: Vec<_> = pages.map(ToString::to_string).collect();
        let prometheus = Prometheus::new(self.system.stack.prometheus());
        let others = ALWAYS_MAY.join("|");
        let query = format!("ALERTS{{alertname!~\"Watchdog|{others}\"}}");
        match prometheus.query(&query).await {
            Ok(series) => alerts.extend(
                series
                    .into_iter()
                    .filter_map(|mut alert| alert.labels.remove("alertname")),
            ),
            Err(error) => alerts.push(error.to_string()),
        }
        alerts
    }

    /// The sign, once it is there.
    async fn until_seen(&self, sign: Sign, struck: Instant) -> Option<Seen> {
        let look = || match sign {
            Sign::Page(..) => {
                let pages = self.system.pager.since(struck);
                let page = pages.into_iter().find(|page| page.is(sign))?;
                Some(Seen {
                    text: page.to_string(),
                    severity: page.label("severity").to_owned(),
                    after: page.came - struck,
                })
            }
            Sign::Silence => (!self.is_heard()).then(|| Seen {
                text: sign.to_string(),
                severity: "-".to_owned(),
                after: struck.elapsed(),
            }),
        };
        self.wait(look).await
    }

    /// How long after the repair the sign was gone.
    async fn until_over(&self, sign: Sign, struck: Instant, repaired: Instant) -> Option<Duration> {
        let look = || match sign {
            Sign::Page(..) => {
                let pages = self.system.pager.since(struck);
                let of_sign = pages.iter().filter(|page| page.is(sign));
                let ends: Option<Vec<_>> = of_sign.map(|page| page.resolved).collect();
                let end = ends?.into_iter().max()?;
                Some(end.saturating_duration_since(repaired))
            }
            Sign::Silence => self.is_heard().then(|| repaired.elapsed()),
        };
        self.wait(look).await
    }

    /// Whether the heartbeat came lately. It comes every minute, and after three somebody looks.
    fn is_heard(&self) -> bool {
        let silence = self
            .haste
            .of(Duration::from_secs(180), Duration::from_secs(5));
        let last = self.system.pager.last_heartbeat();
        last.is_some_and(|last| last.elapsed() < silence)
    }

    /// Looks again and again, with a dot now and then.
    async fn wait<T>(&self, look: impl Fn() -> Option<T>) -> Option<T> {
        let begun = Instant::now();
        let mut dotted = begun;
        loop {
            let found = look();
            if found.is_some() || begun.elapsed() >= self.patience() {
                return found;
            }
            if dotted.elapsed() >= DOT {
                dotted = Instant::now();
                eprint!(".");
            }
            sleep(LOOK).await;
        }
    }

    /// The rule that looks back longest looks back an hour and more.
    fn patience(&self) -> Duration {
        let longest = Duration::from_secs(2 * 60 * 60);
        self.haste.of(longest, Duration::ZERO) + Duration::from_secs(60)
    }
}

fn row(drill: &'static Drill, sign: Sign, seen: Option<Seen>, resolved: Option<Duration>) -> Row {
    let nobody = || (sign.to_string(), String::new(), None);
    let as_it_came = |seen: Seen| (seen.text, seen.severity, Some(seen.after));
    let (sign, severity, paged) = seen.map_or_else(nobody, as_it_came);
    Row {
        drill,
        sign,
        severity,
        paged,
        resolved,
    }
}
