//! The distribution's nginx, on a port of loopback.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::{self, PackageError};
use crate::ports;
use crate::server::{Server, guarded};

/// Why there is no nginx.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NginxError {
    /// Its program is missing.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// It did not start.
    #[error("nginx did not start")]
    Start(#[from] io::Error),
}

/// An nginx in a directory of its own, with `/stub_status`, an empty page at `/`, and `/closed` for which a key is
/// missing; gone when it is dropped.
#[derive(Debug)]
pub struct NginxServer {
    server: Option<Server>,
    program: PathBuf,
    port: u16,
    dir: TempDir,
}

impl NginxServer {
    /// Prepares one, which [`start_again`](Self::start_again) starts.
    ///
    /// # Errors
    /// [`NginxError`].
    pub fn stopped() -> Result<Self, NginxError> {
        let program = packages::program("nginx", "nginx", find)?;
        let (port, dir) = (
            ports::lasting_port(),
            packages::directory("axisor-nginx-", None)?,
        );
        fs::write(dir.path().join("nginx.conf"), configuration(port))?;
        Ok(Self {
            server: None,
            program,
            port,
            dir,
        })
    }

    /// Where `path` of it is: `http://127.0.0.1:…/path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// `127.0.0.1:…`
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Stops it.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn stop(&mut self) -> io::Result<()> {
        self.server.take().map_or(Ok(()), Server::stop)
    }

    /// Starts it, on the same port each time.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_again(&mut self) -> io::Result<()> {
        let log = self.dir.path().join("log");
        let mut command = guarded(&self.program, None);
        command.args(["-e", "stderr", "-c", "nginx.conf", "-p"]);
        command.arg(self.dir.path());
        let address = self.address();
        let ready = || TcpStream::connect(&address).is_ok();
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

/// In the foreground, one process, and nothing outside its directory.
fn configuration(port: u16) -> String {
    format!(
        "daemon off; master_process off; pid pid;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi; scgi_temp_path scgi;
            server {{
                listen 127.0.0.1:{port};
                location = / {{ return 204; }}
                location = /closed {{ return 401; }}
                location = /stub_status {{ stub_status; }}
            }}
        }}\n"
    )
}

/// Debian keeps it where only root's PATH looks.
fn find() -> Option<PathBuf> {
    let debian = Path::new("/usr/sbin/nginx");
    packages::in_path("nginx").or_else(|| debian.is_file().then(|| debian.to_owned()))
}
