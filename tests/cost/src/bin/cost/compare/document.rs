//! The file that holds the table.

use std::fs;
use std::path::Path;

use crate::error::CostError;

const BEGIN: &str = "<!-- written by `cargo cost compare --write` -->\n";
const END: &str = "<!-- end -->\n";

/// Whether the table in `file` is `table`.
pub(super) fn has(file: &Path, table: &str) -> Result<bool, CostError> {
    let text = read(file)?;
    Ok(with(&text, table).ok_or_else(|| no_place(file))? == text)
}

/// Puts `table` in place of the one in `file`.
pub(super) fn write(file: &Path, table: &str) -> Result<(), CostError> {
    let text = with(&read(file)?, table).ok_or_else(|| no_place(file))?;
    fs::write(file, text).map_err(|source| CostError::File {
        path: file.to_owned(),
        source,
    })
}

fn read(file: &Path) -> Result<String, CostError> {
    fs::read_to_string(file).map_err(|source| CostError::File {
        path: file.to_owned(),
        source,
    })
}

fn no_place(file: &Path) -> CostError {
    CostError::NoPlace {
        path: file.to_owned(),
        begin: BEGIN.trim(),
        end: END.trim(),
    }
}

/// `text` with `table` in its place, if it has one.
fn with(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, with};

    #[test]
    fn the_table_replaces_what_is_between_the_marks() {
        let text = format!("head\n{BEGIN}old\n{END}tail\n");
        let written = with(&text, "new\n").unwrap();
        assert_eq!(written, format!("head\n{BEGIN}\nnew\n\n{END}tail\n"));
        assert_eq!(with(&written, "new\n").unwrap(), written);
    }

    #[test]
    fn a_text_without_marks_has_no_place() {
        assert_eq!(with("head\ntail\n", "new\n"), None);
        assert_eq!(with(&format!("{END}{BEGIN}"), "new\n"), None);
    }
}
