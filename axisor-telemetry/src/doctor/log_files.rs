//! From the Collector to its files of log lines.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::look::Look;
use super::{Cause, Finding, Hop, Outcome};

/// More than comes while somebody waits; what is older need not be read.
const TAIL: u64 = 16 << 20;

/// Waits for the canary's line in a file of `directory`.
pub(super) async fn line(look: &Look<'_>, directory: &Path) -> Outcome {
    let hop = Hop::CollectorToLogFiles;
    let unreadable = |error: io::Error| {
        let url = directory.display().to_string();
        let reason = error.to_string();
        Finding::new(hop, Cause::Away { url, reason })
    };
    let step = async || is_there(directory, &look.canary.id).map_err(unreadable);
    look.wait(hop, step).await
}

fn is_there(directory: &Path, id: &str) -> io::Result<bool> {
    for entry in fs::read_dir(directory)? {
        if tail(&entry?.path())?.contains(id) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
