//! The end of a log file, for messages.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// More than this is never read, however long the lines are.
const LIMIT: u64 = 16 * 1024;

/// The last `lines` lines of a file; of a file that cannot be read, nothing.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let end = end_of(path).unwrap_or_default();
    let end = String::from_utf8_lossy(&end);
    let mut last: Vec<&str> = end.trim_end().rsplit('\n').take(lines).collect();
    last.reverse();
    last.join("\n")
}

fn end_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LIMIT)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_the_last_lines_in_order() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "one\ntwo\nthree\n").unwrap();
        assert_eq!(tail(file.path(), 2), "two\nthree");
        assert_eq!(tail(Path::new("/nowhere"), 2), "");
    }
}
