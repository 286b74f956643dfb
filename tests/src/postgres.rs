//! The distribution's PostgreSQL, with an empty database, on a port of loopback.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::{self, PackageError};
use crate::ports;
use crate::server::{Server, guarded};

/// Why there is no PostgreSQL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// Its programs are missing.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// It refuses to run as root, and there is no user `postgres` it could run as.
    #[error(
        "PostgreSQL does not run as root, expected the user `postgres` and `setpriv` of util-linux"
    )]
    NoUser,
    /// It did not start.
    #[error("PostgreSQL did not start")]
    Start(#[from] io::Error),
}

/// A PostgreSQL in a directory of its own; gone when it is dropped.
#[derive(Debug)]
pub struct PostgresServer {
    server: Option<Server>,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    max_connections: u16,
    dir: TempDir,
}

impl PostgresServer {
    /// Starts one that takes at most `max_connections`, none of them reserved. The user is `axisor`, without a password.
    ///
    /// # Errors
    /// [`PostgresError`].
    pub fn start(max_connections: u16) -> Result<Self, PostgresError> {
        let postgres = packages::program("postgres", "postgresql", find)?;
        let programs = postgres.parent().unwrap_or(Path::new("/")).to_owned();
        let user = user()?;
        let mut server = Self {
            server: None,
            programs,
            user,
            port: ports::lasting_port(),
            max_connections,
            dir: packages::directory("axisor-postgres-", user)?,
        };
        server.init()?;
        server.start_again()?;
        Ok(server)
    }

    /// Its URL, which has no secrets: `postgres://axisor@127.0.0.1:…/postgres`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://axisor@127.0.0.1:{}/postgres", self.port)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops it; connections are closed.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn stop(&mut self) -> io::Result<()> {
        self.server.take().map_or(Ok(()), Server::stop)
    }

    /// Starts it again on the same port.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_again(&mut self) -> io::Result<()> {
        let log = self.dir.path().join("log");
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data());
        for setting in [
            format!("port={}", self.port),
            format!("max_connections={}", self.max_connections),
            "superuser_reserved_connections=0".to_owned(),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "max_wal_senders=0".to_owned(),
            "wal_level=minimal".to_owned(),
            "fsync=off".to_owned(),
            "shared_buffers=16MB".to_owned(),
        ] {
            command.arg("-c").arg(setting);
        }
        let (isready, port) = (self.programs.join("pg_isready"), self.port.to_string());
        let ready = || {
            let mut ask = Command::new(&isready);
            ask.args(["-q", "-h", "127.0.0.1", "-t", "1", "-p", &port]);
            ask.status().is_ok_and(|status| status.success())
        };
        // SIGINT: the fast shutdown, which does not wait for clients
        self.server = Some(Server::start(&mut command, &log, Signal::INT, ready)?);
        Ok(())
    }

    /// Freezes all of its processes.
    pub fn freeze(&mut self) {
        self.server.iter_mut().for_each(Server::freeze);
    }

    /// Undoes [`freeze`](Self::freeze).
    pub fn thaw(&mut self) {
        self.server.iter_mut().for_each(Server::thaw);
    }

    fn init(&self) -> io::Result<()> {
        let output = self
            .program("initdb")
            .arg("-D")
            .arg(self.data())
            .args([
                "--no-sync",
                "--auth=trust",
                "--username=axisor",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(io::Error::other(said))
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = guarded(&self.programs.join(name), self.user);
        command.current_dir(self.dir.path());
        command
    }
}

/// In PATH, or where Debian keeps it, by version.
fn find() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok();
    let programs = versions.into_iter().flatten().flatten();
    let mut found: Vec<_> = programs
        .map(|version| version.path().join("bin/postgres"))
        .filter(|program| program.is_file())
        .collect();
    found.sort();
    found.pop().or_else(|| packages::in_path("postgres"))
}

/// Whom it runs as: this process's user, or `postgres` if that is root.
fn user() -> Result<Option<(u32, u32)>, PostgresError> {
    if !packages::is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let mut ids = line.unwrap_or_default().split(':').skip(2).map(str::parse);
    let has_setpriv = packages::in_path("setpriv").is_some();
    match (ids.next(), ids.next()) {
        (Some(Ok(user)), Some(Ok(group))) if has_setpriv => Ok(Some((user, group))),
        _ => Err(PostgresError::NoUser),
    }
}
