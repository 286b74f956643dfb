//! The programs that are compared: each function with each attribute.

use crate::error::CostError;
use crate::generated::Generated;

/// Whose attribute stands on the functions: a column of the table.
pub(super) struct Column {
    /// The name of its crate, and the beginning of its programs' names.
    pub(super) krate: &'static str,
    /// Its head in the table.
    pub(super) head: &'static str,
    attribute: &'static str,
    /// Whether it is only for functions that return a `Result`.
    for_results: bool,
    recorder: &'static str,
}

/// What kind of function it is: a row of the table.
pub(super) struct Case {
    /// The end of its programs' names.
    name: &'static str,
    /// Its head in the table.
    pub(super) head: &'static str,
    returns_result: bool,
    source: &'static str,
}

pub(super) const COLUMNS: [Column; 5] = [
    Column {
        krate: "ours",
        head: "`instrument_automation`",
        attribute: "axisor_telemetry::instrument_automation(type = \"compared\")",
        for_results: false,
        recorder: include_str!("../../../../compare/recorders/ours.rs"),
    },
    Column {
        krate: "instrument",
        head: "`tracing::instrument`",
        attribute: "tracing::instrument",
        for_results: false,
        recorder: include_str!("../../../../compare/recorders/instrument.rs"),
    },
    Column {
        krate: "instrument_err",
        head: "`tracing::instrument(err)`",
        attribute: "tracing::instrument(err)",
        for_results: true,
        recorder: include_str!("../../../../compare/recorders/instrument.rs"),
    },
    Column {
        krate: "metrics",
        head: "`autometrics`",
        attribute: "autometrics::autometrics",
        for_results: false,
        recorder: include_str!("../../../../compare/recorders/metrics.rs"),
    },
    Column {
        krate: "traced",
        head: "`fastrace::trace`",
        attribute: "fastrace::trace",
        for_results: false,
        recorder: include_str!("../../../../compare/recorders/traced.rs"),
    },
];

pub(super) const CASES: [Case; 9] = [
    Case {
        name: "borrow",
        head: "`&mut self -> Result<&mut T, _>`, returns `Err`",
        returns_result: true,
        source: include_str!("../../../../compare/cases/borrow.rs"),
    },
    Case {
        name: "async_trait",
        head: "method of an `#[async_trait]`, returns `Err`",
        returns_result: true,
        source: include_str!("../../../../compare/cases/async_trait.rs"),
    },
    Case {
        name: "impl_block",
        head: "`impl` block of an `#[async_trait]`, the attribute on the block",
        returns_result: true,
        source: include_str!("../../../../compare/cases/impl_block.rs"),
    },
    Case {
        name: "dropped",
        head: "future dropped while it waits",
        returns_result: true,
        source: include_str!("../../../../compare/cases/dropped.rs"),
    },
    Case {
        name: "panic",
        head: "panic",
        returns_result: true,
        source: include_str!("../../../../compare/cases/panic.rs"),
    },
    Case {
        name: "stream",
        head: "`-> impl Stream`, whose items are `Err`",
        returns_result: false,
        source: include_str!("../../../../compare/cases/stream.rs"),
    },
    Case {
        name: "future",
        head: "`-> impl Future`, which returns `Err`",
        returns_result: true,
        source: include_str!("../../../../compare/cases/future.rs"),
    },
    Case {
        name: "iterator",
        head: "`-> impl Iterator`",
        returns_result: false,
        source: include_str!("../../../../compare/cases/iterator.rs"),
    },
    Case {
        name: "one_line",
        head: "bodies of one line under `deny(warnings)`",
        returns_result: true,
        source: include_str!("../../../../compare/cases/one_line.rs"),
    },
];

/// Writes a crate for each column, with a program for each case.
pub(super) fn write(generated: &Generated) -> Result<(), CostError> {
    for column in &COLUMNS {
        let support = include_str!("../../../../compare/support.rs");
        let mut files = vec![
            ("src/lib.rs".to_owned(), support.to_owned()),
            ("src/recorder.rs".to_owned(), column.recorder.to_owned()),
        ];
        let cases = CASES.iter().filter(|case| is_meant(case, column));
        files.extend(cases.map(|case| {
            let path = format!("src/bin/{}.rs", program(case, column));
            (path, source(case, column))
        }));
        generated.add(column.krate, &files)?;
    }
    Ok(())
}

/// Whether the attribute of `column` is meant for the function of `case`.
pub(super) fn is_meant(case: &Case, column: &Column) -> bool {
    case.returns_result || !column.for_results
}

/// The name of the program of one cell.
pub(super) fn program(case: &Case, column: &Column) -> String {
    format!("{}_{}", column.krate, case.name)
}

fn source(case: &Case, column: &Column) -> String {
    case.source
        .replace("#[attribute]", &format!("#[{}]", column.attribute))
        .replace("support::", &format!("{}::", column.krate))
}
