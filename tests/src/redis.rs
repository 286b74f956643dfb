//! The distribution's Redis, empty, on a port of loopback.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::{self, PackageError};
use crate::ports;
use crate::server::{Server, guarded};

/// Why there is no Redis.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisError {
    /// Its program is missing.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// It did not start.
    #[error("Redis did not start")]
    Start(#[from] io::Error),
}

/// A Redis in a directory of its own; gone when it is dropped.
#[derive(Debug)]
pub struct RedisServer {
    server: Option<Server>,
    program: PathBuf,
    port: u16,
    dir: TempDir,
}

impl RedisServer {
    /// Starts one.
    ///
    /// # Errors
    /// [`RedisError`].
    pub fn start() -> Result<Self, RedisError> {
        let find = || packages::in_path("redis-server");
        let mut server = Self {
            server: None,
            program: packages::program("redis-server", "redis-server", find)?,
            port: ports::lasting_port(),
            dir: packages::directory("axisor-redis-", None)?,
        };
        server.start_again()?;
        Ok(server)
    }

    /// Its URL, `redis://127.0.0.1:…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Stops it.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn stop(&mut self) -> io::Result<()> {
        self.server.take().map_or(Ok(()), Server::stop)
    }

    /// Starts it again, empty, on the same port.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_again(&mut self) -> io::Result<()> {
        let log = self.dir.path().join("log");
        let mut command = guarded(&self.program, None);
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &self.port.to_string()])
            .arg("--dir")
            .arg(self.dir.path());
        let port = self.port;
        let ready = || pong(port).unwrap_or(false);
        self.server = Some(Server::start(&mut command, &log, Signal::TERM, ready)?);
        Ok(())
    }

    /// Freezes it.
    pub fn freeze(&mut self) {
        self.server.iter_mut().for_each(Server::freeze);
    }

    /// Undoes [`freeze`](Self::freeze).
    pub fn thaw(&mut self) {
        self.server.iter_mut().for_each(Server::thaw);
    }
}

fn pong(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG\r\n")
}
