//! What was found, for people.

use std::fmt;

/// What came of one scenario.
#[derive(Debug, Clone, Default)]
pub struct ScenarioReport {
    /// The scenario.
    pub name: String,
    /// How many samples were compared.
    pub compared: usize,
    /// Every difference, in words.
    pub differences: Vec<String>,
    /// What is to be known beside that.
    pub remarks: Vec<String>,
}

/// What came of all of them.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The scenarios by name.
    pub scenarios: Vec<ScenarioReport>,
}

impl ScenarioReport {
    pub(super) fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn failed(name: &str, reason: impl fmt::Display) -> Self {
        Self {
            differences: vec![format!("cannot be played: {reason}")],
            ..Self::of(name)
        }
    }

    /// Turns differences that need not be met into a remark with the recording's own reason.
    pub(super) fn excuse(&mut self, kind: &str, reason: &str) {
        let found = std::mem::take(&mut self.differences);
        if found.is_empty() {
            self.remarks
                .push(format!("{kind}, and the same all the same: {reason}"));
            return;
        }
        self.compared = 0;
        self.remarks.push(format!("not compared, {kind}: {reason}"));
        self.remarks.extend(
            found
                .into_iter()
                .map(|difference| format!("  {difference}")),
        );
    }
}

impl Report {
    /// How many samples were compared.
    #[must_use]
    pub fn compared(&self) -> usize {
        self.scenarios
            .iter()
            .map(|scenario| scenario.compared)
            .sum()
    }

    /// How many differences there are: samples, heads of families, answers.
    #[must_use]
    pub fn differences(&self) -> usize {
        self.scenarios
            .iter()
            .map(|scenario| scenario.differences.len())
            .sum()
    }
}

impl fmt::Display for ScenarioReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in &self.differences {
            writeln!(f, "{}: {difference}", self.name)?;
        }
        for remark in &self.remarks {
            writeln!(f, "{} ({remark})", self.name)?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for scenario in &self.scenarios {
            scenario.fmt(f)?;
        }
        write!(
            f,
            "{} samples compared, {} differ",
            self.compared(),
            self.differences()
        )
    }
}
