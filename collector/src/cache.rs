//! Programs are built once, and kept outside the repository.
//!
//! An entry is named after the component, its version and a hash of everything that goes into
//! it, so a changed recipe is another entry. It appears whole or not at all: it is built beside
//! its place and renamed. A file lock makes parallel processes wait for one build.

use std::env;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use sha2::{Digest, Sha256};

use crate::component::Component;
use crate::go::{self, GoError};
use crate::progress::Progress;
use crate::site::committed;

/// How a component's programs are made from a committed Go module.
pub(crate) struct Recipe {
    pub component: Component,
    pub version: &'static str,
    /// Its directory in `collector/`.
    pub dir: &'static str,
    pub files: &'static [&'static str],
    /// Arguments of `go`, one command after the other; `{bin}` is where programs go.
    pub steps: &'static [&'static [&'static str]],
    /// About how long it takes on two cores with empty caches.
    pub minutes: u32,
}

/// Why a program could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// Neither the variable nor a home directory says where the cache is.
    #[error("no home directory, so no cache: set AXISOR_STACK_CACHE to a directory")]
    NoCacheDirectory,
    /// A file or directory of the cache or of the recipe.
    #[error("{what} `{}`", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Go is missing, too old, or its build failed.
    #[error("{component} {version} cannot be built")]
    Build {
        /// Whose program.
        component: Component,
        /// Which version.
        version: &'static str,
        /// What went wrong.
        source: GoError,
    },
}

/// Builds a component's programs unless they are cached, and gives the directory they are in.
///
/// Collector: `otelcol`. Prometheus: `prometheus`, `promtool`. Alertmanager: `alertmanager`,
/// `amtool`. Jaeger: `all-in-one`. The cache is `$AXISOR_STACK_CACHE`, else
/// `axisor-telemetry/stack` in the user's cache directory.
///
/// # Errors
/// [`ProvisionError`] without Go, without its module proxy, or without a place to write.
pub async fn provision(
    component: Component,
    progress: Progress,
) -> Result<PathBuf, ProvisionError> {
    let recipe = component.recipe();
    let cache = directory()?;
    let entry = cache.join(recipe.entry()?);
    if entry.exists() {
        return Ok(entry);
    }
    fs::create_dir_all(&cache).map_err(file("cannot create", &cache))?;
    let _lock = lock(&cache.join(format!("{component}.lock")), recipe, progress).await?;
    if !entry.exists() {
        build(recipe, &cache, &entry, progress).await?;
    }
    Ok(entry)
}

fn directory() -> Result<PathBuf, ProvisionError> {
    if let Some(chosen) = env::var_os("AXISOR_STACK_CACHE").filter(|dir| !dir.is_empty()) {
        return std::path::absolute(&chosen).map_err(file("cannot use", Path::new(&chosen)));
    }
    let strategy =
        etcetera::choose_base_strategy().map_err(|_| ProvisionError::NoCacheDirectory)?;
    Ok(strategy.cache_dir().join("axisor-telemetry").join("stack"))
}

impl Recipe {
    fn entry(&self) -> Result<String, ProvisionError> {
        let hash = self.hash()?;
        Ok(format!("{}-{}-{hash}", self.component, self.version))
    }

    fn hash(&self) -> Result<String, ProvisionError> {
        let mut hasher = Sha256::new();
        for name in self.files {
            hasher.update(name);
            hasher.update(self.read(name)?);
        }
        hasher.update(format!("{:?} {:?}", self.steps, go::BUILD_FLAGS));
        hasher.update(env::consts::OS);
        hasher.update(env::consts::ARCH);
        let digest = hasher.finalize();
        let head = digest[..6]
            .iter()
            .fold(0_u64, |head, byte| head << 8 | u64::from(*byte));
        Ok(format!("{head:012x}"))
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, ProvisionError> {
        let path = committed(self.dir).join(name);
        fs::read(&path).map_err(file("cannot read", &path))
    }

    fn copy_to(&self, dir: &Path) -> Result<(), ProvisionError> {
        fs::create_dir_all(dir).map_err(file("cannot create", dir))?;
        for name in self.files {
            let path = dir.join(name);
            fs::write(&path, self.read(name)?).map_err(file("cannot write", &path))?;
        }
        Ok(())
    }
}

async fn lock(path: &Path, recipe: &Recipe, progress: Progress) -> Result<File, ProvisionError> {
    let lock = File::create(path).map_err(file("cannot create", path))?;
    match lock.try_lock() {
        Ok(()) => return Ok(lock),
        Err(TryLockError::WouldBlock) => progress.say(format_args!(
            "another process builds {} {}, waiting for it",
            recipe.component, recipe.version
        )),
        Err(TryLockError::Error(source)) => return Err(file("cannot lock", path)(source)),
    }
    let waiting = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock));
    waiting
        .await
        .unwrap_or_else(|panic| Err(io::Error::other(panic)))
        .map_err(file("cannot lock", path))
}

async fn build(
    recipe: &Recipe,
    cache: &Path,
    entry: &Path,
    progress: Progress,
) -> Result<(), ProvisionError> {
    let work = cache.join(format!("building-{}", recipe.component));
    let _ = fs::remove_dir_all(&work); // of a build that was killed; the lock is ours
    let (source, bin) = (work.join("source"), work.join("bin"));
    recipe.copy_to(&source)?;
    fs::create_dir(&bin).map_err(file("cannot create", &bin))?;
    progress.say(format_args!(
        "building {} {} into {} (once; about {} min with empty caches)",
        recipe.component,
        recipe.version,
        entry.display(),
        recipe.minutes
    ));
    let log = cache.join(format!("{}-build.log", recipe.component));
    go::build(recipe, &source, &bin, &log, progress)
        .await
        .map_err(|source| ProvisionError::Build {
            component: recipe.component,
            version: recipe.version,
            source,
        })?;
    fs::rename(&bin, entry).map_err(file("cannot move the programs to", entry))?;
    fs::remove_dir_all(&work).map_err(file("cannot remove", &work))
}

fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ProvisionError {
    let path = path.to_owned();
    move |source| ProvisionError::File { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_named_after_component_version_and_recipe() {
        let names: Vec<_> = Component::ALL
            .iter()
            .map(|component| component.recipe().entry().unwrap())
            .collect();
        assert!(names[0].starts_with("collector-0.155.0-"), "{names:?}");
        assert_eq!(names[0].len(), "collector-0.155.0-".len() + 12);
    }

    #[test]
    fn another_step_is_another_entry() {
        let recipe = Component::Jaeger.recipe();
        let changed = Recipe {
            steps: &[&["build"]],
            ..*recipe
        };
        assert_ne!(changed.entry().unwrap(), recipe.entry().unwrap());
    }

    #[tokio::test]
    async fn a_second_builder_waits_for_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jaeger.lock");
        let recipe = Component::Jaeger.recipe();
        let first = lock(&path, recipe, Progress::Silent).await.unwrap();
        let second = tokio::spawn({
            let path = path.clone();
            async move { lock(&path, Component::Jaeger.recipe(), Progress::Silent).await }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap().unwrap();
    }
}
