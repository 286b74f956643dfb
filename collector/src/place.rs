//! The directory of one stack: one that goes with it, or one that stays.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use tempfile::TempDir;

use crate::error::StartError;

#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    /// Removes the directory when dropped.
    scratch: Option<TempDir>,
    /// Keeps a second stack out.
    _lock: File,
}

impl Place {
    /// The directory to keep, or a new one.
    pub(crate) fn take(kept: Option<&Path>) -> Result<Self, StartError> {
        let (path, scratch) = match kept {
            Some(dir) => (dir.to_owned(), None),
            None => new_directory().map(|dir| (dir.path().to_owned(), Some(dir)))?,
        };
        fs::create_dir_all(&path).map_err(StartError::file("cannot create", &path))?;
        Ok(Self {
            _lock: lock(&path)?,
            path,
            scratch,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_scratch(&self) -> bool {
        self.scratch.is_some()
    }

    /// Leaves the directory where it is.
    pub(crate) fn keep(mut self) {
        self.scratch.take().map(TempDir::keep);
    }

    /// Removes the directory, unless it was given to be kept.
    pub(crate) fn remove(&mut self) -> io::Result<()> {
        self.scratch.take().map_or(Ok(()), TempDir::close)
    }
}

impl Drop for Place {
    /// A test that fails leaves its logs.
    fn drop(&mut self) {
        if thread::panicking()
            && let Some(scratch) = self.scratch.take()
        {
            eprintln!("the stack's logs stay in {}", scratch.keep().display());
        }
    }
}

fn new_directory() -> Result<TempDir, StartError> {
    tempfile::Builder::new()
        .prefix("axisor-stack-")
        .tempdir()
        .map_err(StartError::file(
            "cannot create a directory in",
            &std::env::temp_dir(),
        ))
}

fn lock(dir: &Path) -> Result<File, StartError> {
    let path = dir.join("lock");
    let file = File::create(&path).map_err(StartError::file("cannot create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::DirectoryInUse {
            dir: dir.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(StartError::file("cannot lock", &path)(source)),
    }
}
