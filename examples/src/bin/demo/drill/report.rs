//! What came of the drills, as a table.

use std::fmt;
use std::time::Duration;

use super::drills::Drill;

/// What came of one sign.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) drill: &'static Drill,
    /// The alert with its job, or that nothing was heard.
    pub(crate) sign: String,
    pub(crate) severity: String,
    /// From the fault on; nothing if nobody learned of it.
    pub(crate) paged: Option<Duration>,
    /// From the repair on; nothing if nobody learned of it.
    pub(crate) resolved: Option<Duration>,
}

/// What came of all.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    /// Pages that nobody expects, with the drill during which they came.
    pub(crate) unexpected: Vec<(&'static str, String)>,
}

impl Report {
    /// How many signs and resolutions did not come, and how many pages came that nobody expects.
    pub(crate) fn wrong(&self) -> usize {
        let missing = |row: &&Row| row.paged.is_none() || row.resolved.is_none();
        self.rows.iter().filter(missing).count() + self.unexpected.len()
    }
}

impl fmt::Display for Report {
    /// In Markdown, which reads well in a terminal too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = [
            "component",
            "what was done",
            "alert",
            "severity",
            "page, s",
            "resolved, s",
        ];
        let mut lines = vec![head.map(str::to_owned)];
        lines.extend(self.rows.iter().map(Row::cells));
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
        let widths: Vec<_> = (0..head.len()).filter_map(width).collect();
        for (number, line) in lines.iter().enumerate() {
            let cells = line.iter().zip(&widths);
            let cells: Vec<_> = cells
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            writeln!(f, "| {} |", cells.join(" | "))?;
            if number == 0 {
                let rules: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
                writeln!(f, "| {} |", rules.join(" | "))?;
            }
        }
        for (drill, page) in &self.unexpected {
            writeln!(f, "nobody expected {page} during {drill}")?;
        }
        Ok(())
    }
}

impl Row {
    fn cells(&self) -> [String; 6] {
        [
            self.drill.component().to_owned(),
            self.drill.done.to_owned(),
            self.sign.clone(),
            self.severity.clone(),
            seconds(self.paged),
            seconds(self.resolved),
        ]
    }
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or("never".to_owned(), |time| {
        format!("{:.1}", time.as_secs_f64())
    })
}

#[cfg(test)]
mod tests {
    use super::super::drills::DRILLS;
    use super::*;

    fn report(paged: Option<u64>, resolved: Option<u64>, unexpected: &[&str]) -> Report {
        let row = Row {
            drill: &DRILLS[0],
            sign: "BackendDown axisor-backend".to_owned(),
            severity: "critical".to_owned(),
            paged: paged.map(Duration::from_secs),
            resolved: resolved.map(Duration::from_secs),
        };
        let unexpected = unexpected
            .iter()
            .map(|page| ("backend/killed", (*page).to_owned()));
        Report {
            rows: vec![row],
            unexpected: unexpected.collect(),
        }
    }

    #[test]
    fn what_did_not_come_did_not_go_or_was_not_expected_is_wrong() {
        assert_eq!(report(Some(2), Some(3), &[]).wrong(), 0);
        assert_eq!(report(None, None, &[]).wrong(), 1);
        assert_eq!(report(Some(2), None, &[]).wrong(), 1);
        assert_eq!(report(Some(2), Some(3), &["RedisDown redis"]).wrong(), 1);
    }

    #[test]
    fn the_table_has_the_seconds_and_says_what_nobody_expected() {
        let text = report(Some(2), None, &["RedisDown redis"]).to_string();
        let lines: Vec<_> = text.lines().collect();
        let row = "| backend   | ended by SIGKILL | BackendDown axisor-backend | critical | 2.0     | never       |";
        assert_eq!(lines[2], row);
        let last = "nobody expected RedisDown redis during backend/killed";
        assert_eq!(lines[3..], [last]);
    }
}
