//! Programs are built or downloaded once, and kept outside the repository.
//!
//! The entry of what is built is named after the component, its version and a hash of everything
//! that goes into it, so a changed recipe is another entry. An entry appears whole or not at all: it
//! is made beside its place and renamed. A file lock makes parallel processes wait for one.

use std::env;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use sha2::{Digest, Sha256};

use crate::component::Component;
use crate::debian::{self, DebianError};
use crate::go::{self, GoError};
use crate::process::in_path;
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
    /// An exporter is neither on the path nor to be had from the distribution.
    #[error(
        "`{package}` is not on the PATH and cannot be downloaded: install the package of that name, or use Docker (`cargo stack up --docker`)"
    )]
    Package {
        /// The program, and Debian's package that has it.
        package: String,
        /// What went wrong.
        source: DebianError,
    },
}

/// Builds or downloads a component's programs unless they are there, and gives the directory they are in.
///
/// Collector: `otelcol`. Prometheus: `prometheus`, `promtool`. Alertmanager: `alertmanager`,
/// `amtool`. Jaeger: `all-in-one`. An exporter: `prometheus-redis-exporter` and the like, from the
/// path or else from Debian's package of that name. The cache is `$AXISOR_STACK_CACHE`, else
/// `axisor-telemetry/stack` in the user's cache directory.
///
/// # Errors
/// [`ProvisionError`] without Go, without its module proxy, or without a place to write; for an
/// exporter without its program and without `apt-get`.
pub async fn provision(
    component: Component,
    progress: Progress,
) -> Result<PathBuf, ProvisionError> {
    match component.recipe() {
        Some(recipe) => {
            let make = async |work: &Path| build(recipe, work, progress).await;
            kept(component, &recipe.entry()?, progress, make).await
        }
        None => packaged(component, progress).await,
    }
}

async fn packaged(component: Component, progress: Progress) -> Result<PathBuf, ProvisionError> {
    let package = component.package();
    if let Some(dir) = in_path(&package).as_deref().and_then(Path::parent) {
        return Ok(dir.to_owned());
    }
    let make = async |work: &Path| {
        progress.say(format_args!("downloading {package} (once)"));
        let programs = debian::unpack(&package, work).await;
        programs.map_err(|source| ProvisionError::Package {
            package: package.clone(),
            source,
        })
    };
    kept(component, &package, progress, make).await
}

/// The entry of this name, made if it is not there by `make`, which is given a directory to work
/// in and gives the one to keep.
async fn kept(
    component: Component,
    name: &str,
    progress: Progress,
    make: impl AsyncFnOnce(&Path) -> Result<PathBuf, ProvisionError>,
) -> Result<PathBuf, ProvisionError> {
    let cache = directory()?;
    let entry = cache.join(name);
    if entry.exists() {
        return Ok(entry);
    }
    fs::create_dir_all(&cache).map_err(file("cannot create", &cache))?;
    let lock_file = cache.join(format!("{component}.lock"));
    let _lock = lock(&lock_file, component, progress).await?;
    if entry.exists() {
        return Ok(entry);
    }
    let work = cache.join(format!("building-{component}"));
    let _ = fs::remove_dir_all(&work); // of one that was killed; the lock is ours
    fs::create_dir(&work).map_err(file("cannot create", &work))?;
    let programs = make(&work).await?;
    fs::rename(&programs, &entry).map_err(file("cannot move the programs to", &entry))?;
    fs::remove_dir_all(&work).map_err(file("cannot remove", &work))?;
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

async fn lock(
    path: &Path,
    component: Component,
    progress: Progress,
) -> Result<File, ProvisionError> {
    let lock = File::create(path).map_err(file("cannot create", path))?;
    match lock.try_lock() {
        Ok(()) => return Ok(lock),
        Err(TryLockError::WouldBlock) => progress.say(format_args!(
            "another process builds or downloads {component}, waiting for it"
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
    work: &Path,
    progress: Progress,
) -> Result<PathBuf, ProvisionError> {
    let (source, bin) = (work.join("source"), work.join("bin"));
    recipe.copy_to(&source)?;
    fs::create_dir(&bin).map_err(file("cannot create", &bin))?;
    progress.say(format_args!(
        "building {} {} (once; about {} min with empty caches)",
        recipe.component, recipe.version, recipe.minutes
    ));
    let log = work.with_file_name(format!("{}-build.log", recipe.component));
    go::build(recipe, &source, &bin, &log, progress)
        .await
        .map_err(|source| ProvisionError::Build {
            component: recipe.component,
            version: recipe.version,
            source,
        })?;
    Ok(bin)
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
            .filter_map(|component| component.recipe())
            .map(|recipe| recipe.entry().unwrap())
            .collect();
        assert!(names[0].starts_with("collector-0.155.0-"), "{names:?}");
        assert_eq!(names[0].len(), "collector-0.155.0-".len() + 12);
    }

    #[test]
    fn another_step_is_another_entry() {
        let recipe = Component::Jaeger.recipe().unwrap();
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
        let jaeger = Component::Jaeger;
        let first = lock(&path, jaeger, Progress::Silent).await.unwrap();
        let second = tokio::spawn({
            let path = path.clone();
            async move { lock(&path, jaeger, Progress::Silent).await }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap().unwrap();
    }
}
