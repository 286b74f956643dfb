//! From the Collector to its files of log lines.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use tokio::time::{Instant, sleep};

use super::canary::Canary;
use super::{Cause, Finding, Hop, Outcome, PAUSE};

/// More than comes while somebody waits; what is older need not be read.
const TAIL: u64 = 16 << 20;

/// Waits for the canary's line in a file of `directory`.
pub(super) async fn line(directory: &Path, canary: &Canary, until: Instant) -> Outcome {
    let began = Instant::now();
    loop {
        match is_there(directory, &canary.id) {
            Ok(true) => {
                return Outcome::Arrived {
                    after: began.elapsed(),
                };
            }
            Ok(false) if Instant::now() < until => sleep(PAUSE).await,
            Ok(false) => {
                return lost(Cause::NotSeen {
                    waited: began.elapsed(),
                });
            }
            Err(error) => {
                let url = directory.display().to_string();
                return lost(Cause::Away {
                    url,
                    reason: error.to_string(),
                });
            }
        }
    }
}

fn lost(cause: Cause) -> Outcome {
    Outcome::Lost(Finding::new(Hop::CollectorToLogFiles, cause))
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
