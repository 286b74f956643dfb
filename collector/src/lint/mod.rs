//! Reads rules, dashboards and scrape jobs, and says what in them can never work.
//!
//! What is emitted, it knows from the catalogue of `axisor-telemetry`, from what the exporters were seen to
//! show (`exporters/`), and from the recording rules among the files themselves.
//!
//! | room | what it answers |
//! |---|---|
//! | `files` `grafana` | which expressions there are, and where |
//! | `jobs` | which jobs are scraped, and whether they can be |
//! | `known` `closed` | which series there are, with which labels, of which values, from which jobs |
//! | `tree` | what is where in an expression |
//! | `selectors` `shape` | what is wrong with one |

mod closed;
mod defect;
mod files;
mod grafana;
mod jobs;
mod known;
mod selectors;
mod shape;
mod tree;

use std::fmt;
use std::path::PathBuf;

pub use defect::Defect;
pub use files::{LintError, LintFiles};

use files::{Expression, Role};
use jobs::Jobs;
use known::Known;

/// Something that can never work, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// The alert, the recorded series, the dashboard's panel or the scrape job.
    pub place: String,
    /// What is wrong there.
    pub defect: Defect,
}

/// `file: place: reason`, on one line.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            place,
            defect,
        } = self;
        write!(f, "{}: {place}: {defect}", file.display())
    }
}

/// Looks through `files`; an empty answer is what one wants.
///
/// # Errors
/// [`LintError`] if a file cannot be read, or is not what its kind of file is made of.
pub fn lint(files: &LintFiles) -> Result<Vec<Finding>, LintError> {
    let jobs = Jobs::read(&files.scrape)?;
    let expressions = files.expressions()?;
    let known = Known::new(&jobs, &expressions);
    let mut findings = jobs.findings(&files.scrape);
    for expression in &expressions {
        let defects = defects(expression, &known);
        findings.extend(defects.into_iter().map(|defect| Finding {
            file: expression.file.clone(),
            place: expression.place.clone(),
            defect,
        }));
    }
    Ok(findings)
}

fn defects(expression: &Expression, known: &Known) -> Vec<Defect> {
    let tree = match promql_parser::parser::parse(&expression.text) {
        Ok(tree) => tree,
        Err(said) => return vec![Defect::Syntax { said }],
    };
    let mut defects = selectors::defects(&tree, known);
    defects.extend(shape::defects(&tree, known));
    if expression.role == Role::Alert {
        defects.extend(shape::alert_defects(&tree, known, &defects));
    }
    defects.dedup();
    defects
}
