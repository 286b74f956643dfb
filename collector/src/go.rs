//! Runs the user's Go, with the user's settings, and tells how far it is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};
use tokio::time::interval;

use crate::cache::Recipe;
use crate::progress::Progress;
use crate::tail::tail;

/// Why Go did not build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GoError {
    /// There is no `go` on the path.
    #[error(
        "`go` is not on the PATH: install Go {needed} or newer, or use Docker (`cargo stack up --docker`)"
    )]
    Missing {
        /// The version the recipe asks for.
        needed: String,
    },
    /// It is older than the recipe asks for, and may not fetch a newer one by itself.
    #[error(
        "Go is {found}, needed is {needed} or newer: install it, or allow Go 1.21 and later to fetch it (`go env -w GOTOOLCHAIN=auto`)"
    )]
    TooOld {
        /// What is installed.
        found: String,
        /// The version the recipe asks for.
        needed: String,
    },
    /// A command failed.
    #[error("`{command}` failed with {status}; the end of `{}`:\n{tail}", log.display())]
    Failed {
        /// The command, as it could be typed.
        command: String,
        /// Its exit status.
        status: String,
        /// Everything it printed.
        log: PathBuf,
        /// The last lines of that.
        tail: String,
    },
    /// The command could not be run, or its log not written.
    #[error("cannot run `{command}`")]
    Run {
        /// The command, as it could be typed.
        command: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Runs every step of the recipe in `source`.
pub(crate) async fn build(
    recipe: &Recipe,
    source: &Path,
    bin: &Path,
    log: &Path,
    progress: Progress,
) -> Result<(), GoError> {
    check_version(&needed_version(source)?, bin).await?;
    let _ = fs::remove_file(log);
    let started = Instant::now();
    for step in recipe.steps {
        let args = arguments(step, bin);
        run(&args, source, log, started, recipe, progress).await?;
    }
    progress.say(format_args!(
        "built {} {} in {} s",
        recipe.component,
        recipe.version,
        started.elapsed().as_secs()
    ));
    Ok(())
}

/// Nothing but the committed versions is built; no path of this machine stays in the program;
/// a repository around the cache is not looked at; each package is named as it is compiled.
pub(crate) const BUILD_FLAGS: [&str; 4] = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-v"];

fn arguments(step: &[&str], bin: &Path) -> Vec<String> {
    let flags: &[&str] = if step[0] == "build" {
        &BUILD_FLAGS
    } else {
        &[]
    };
    let (command, rest) = step.split_at(1);
    let all = command.iter().chain(flags).chain(rest);
    all.map(|arg| arg.replace("{bin}", &bin.display().to_string()))
        .collect()
}

fn needed_version(source: &Path) -> Result<String, GoError> {
    let path = source.join("go.mod");
    let text = fs::read_to_string(&path).map_err(cannot_run("go env"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("go "));
    Ok(line.unwrap_or("1.21").trim().to_owned())
}

/// Asked outside the module, where Go answers for itself instead of fetching what is needed.
async fn check_version(needed: &str, outside: &Path) -> Result<(), GoError> {
    let output = Command::new("go")
        .args(["env", "GOVERSION", "GOTOOLCHAIN"])
        .current_dir(outside)
        .output()
        .await
        .map_err(|error| missing_or(error, needed))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (found, toolchain) = text.split_once('\n').unwrap_or((&text, ""));
    if is_enough(found.trim(), toolchain.trim(), needed) {
        return Ok(());
    }
    Err(GoError::TooOld {
        found: found.trim().trim_start_matches("go").to_owned(),
        needed: needed.to_owned(),
    })
}

fn missing_or(error: io::Error, needed: &str) -> GoError {
    if error.kind() == io::ErrorKind::NotFound {
        return GoError::Missing {
            needed: needed.to_owned(),
        };
    }
    cannot_run("go env")(error)
}

fn is_enough(found: &str, toolchain: &str, needed: &str) -> bool {
    let found = numbers(found.trim_start_matches("go"));
    let fetches_newer = found >= vec![1, 21] && toolchain != "local";
    found >= numbers(needed) || fetches_newer
}

fn numbers(version: &str) -> Vec<u32> {
    version
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|part| part.parse().ok())
        .collect()
}

async fn run(
    args: &[String],
    source: &Path,
    log: &Path,
    started: Instant,
    recipe: &Recipe,
    progress: Progress,
) -> Result<(), GoError> {
    let command = format!("go {}", args.join(" "));
    let child = spawn(args, source, log).map_err(cannot_run(&command))?;
    let status = wait(child, || {
        progress.say(format_args!(
            "building {} {}: {} s, {}",
            recipe.component,
            recipe.version,
            started.elapsed().as_secs(),
            tail(log, 1)
        ));
    })
    .await
    .map_err(cannot_run(&command))?;
    if status.success() {
        return Ok(());
    }
    Err(GoError::Failed {
        command,
        status: status.to_string(),
        log: log.to_owned(),
        tail: tail(log, 20),
    })
}

fn spawn(args: &[String], source: &Path, log: &Path) -> io::Result<Child> {
    let log = File::options().create(true).append(true).open(log)?;
    Command::new("go")
        .args(args)
        .current_dir(source)
        .env("CGO_ENABLED", "0") // no C compiler needed
        .env("GOWORK", "off") // the module stands alone, whatever is around the cache
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
}

async fn wait(mut child: Child, still_going: impl Fn()) -> io::Result<std::process::ExitStatus> {
    let mut tick = interval(Duration::from_secs(15));
    tick.tick().await;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            _ = tick.tick() => still_going(),
        }
    }
}

fn cannot_run(command: &str) -> impl FnOnce(io::Error) -> GoError {
    let command = command.to_owned();
    move |source| GoError::Run { command, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_compared_by_its_numbers() {
        assert!(is_enough("go1.26.10", "local", "1.26.7"));
        assert!(is_enough("go1.27rc1", "local", "1.26.7"));
        assert!(!is_enough("go1.26.2", "local", "1.26.7"));
        assert!(!is_enough("go1.9.7", "local", "1.26.7"));
    }

    #[test]
    fn an_older_go_that_fetches_newer_ones_is_enough() {
        assert!(is_enough("go1.21.0", "auto", "1.26.7"));
        assert!(!is_enough("go1.19.8", "", "1.26.7"));
    }

    #[tokio::test]
    async fn a_failing_build_shows_the_end_of_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("build.log");
        let recipe = crate::Component::Jaeger.recipe().unwrap();
        let args = ["tool".to_owned(), "no-such-tool".to_owned()];
        let error = run(
            &args,
            dir.path(),
            &log,
            Instant::now(),
            recipe,
            Progress::Silent,
        )
        .await
        .unwrap_err();
        assert!(error.to_string().contains("no-such-tool"), "{error}");
        assert!(matches!(error, GoError::Failed { .. }), "{error:?}");
    }
}
