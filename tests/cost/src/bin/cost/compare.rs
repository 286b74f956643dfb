//! `cargo cost compare`: what each attribute does with functions that are not simple.

mod build;
mod document;
mod probes;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use self::build::Built;
use self::probes::{CASES, COLUMNS, Case, Column};
use crate::command::read;
use crate::error::CostError;
use crate::generated::Generated;
use crate::versions;

/// Prints what each attribute does with functions that are not simple: whether they compile, and what was counted and
/// traced of a call.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Compare with the table in this file, and exit with 1 if it differs.
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// Replace the table in this file.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    write: Option<PathBuf>,
}

impl Compare {
    /// Whether the table in the file to check is the one of today.
    pub(crate) fn run(&self) -> Result<bool, CostError> {
        let table = table()?;
        println!("{table}");
        if let Some(file) = &self.write {
            document::write(file, &table)?;
        }
        let Some(file) = &self.check else {
            return Ok(true);
        };
        let same = document::has(file, &table)?;
        if !same {
            differs(file);
        }
        Ok(same)
    }
}

fn differs(file: &Path) {
    let file = file.display();
    eprintln!(
        "error: {file} says otherwise: `cargo cost compare --write {file}`, and read what changed"
    );
}

fn table() -> Result<String, CostError> {
    let generated = Generated::new("compare")?;
    probes::write(&generated)?;
    let built = build::build(&generated)?;
    let heads = COLUMNS.map(|column| column.head);
    let mut lines = vec![
        line("", &heads),
        format!("|{}", "---|".repeat(COLUMNS.len() + 1)),
    ];
    for case in &CASES {
        let cells = COLUMNS.iter().map(|column| cell(&built, column, case));
        let cells: Vec<_> = cells.collect::<Result<_, _>>()?;
        lines.push(line(case.head, &cells));
    }
    Ok(format!(
        "{}.\n\n{}\n",
        versions::compared(),
        lines.join("\n")
    ))
}

fn line(head: &str, cells: &[impl AsRef<str>]) -> String {
    let cells: Vec<_> = cells
        .iter()
        .map(|cell| cell.as_ref().replace('|', "\\|"))
        .collect();
    format!("| {head} | {} |", cells.join(" | "))
}

/// What became of one function with one attribute.
fn cell(built: &Built, column: &Column, case: &Case) -> Result<String, CostError> {
    if !probes::is_meant(case, column) {
        return Ok("–".to_owned());
    }
    let program = probes::program(case, column);
    match built.get(&program) {
        Some(Ok(executable)) => Ok(read(&mut Command::new(executable))?.trim().to_owned()),
        Some(Err(error)) => {
            let error = error.lines().next().unwrap_or_default();
            Ok(format!("does not compile: “{error}”"))
        }
        None => {
            let library = built.get(column.krate).cloned().and_then(Result::err);
            let library = library.unwrap_or_else(|| "nothing either".to_owned());
            Err(CostError::NotBuilt { program, library })
        }
    }
}
