//! Root certificates in a file.

use std::path::PathBuf;
#[cfg(feature = "tls")]
use std::{fs, io, path::Path};

#[cfg(feature = "tls")]
use rustls::RootCertStore;
#[cfg(feature = "tls")]
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::error::ConfigError;
use super::lookup::Resolver;
use super::parse;

impl Resolver<'_> {
    /// The path of a file that was read and found to hold root certificates.
    pub(super) fn certificate(&self, key: &'static str) -> Result<Option<PathBuf>, ConfigError> {
        let Some(path) = self.optional(key, parse::text)?.map(PathBuf::from) else {
            return Ok(None);
        };
        self.need(key, "tls")?;
        #[cfg(feature = "tls")]
        if let Err(source) = roots(&path) {
            return Err(self.no_certificates(key, path, source));
        }
        Ok(Some(path))
    }

    #[cfg(feature = "tls")]
    fn no_certificates(&self, key: &'static str, path: PathBuf, source: io::Error) -> ConfigError {
        ConfigError::Certificate {
            key,
            origin: self.origin(key),
            path,
            source,
        }
    }
}

/// The root certificates in the PEM file at `path`, at least one.
///
/// # Errors
/// The file's own, and [`io::ErrorKind::InvalidData`].
#[cfg(feature = "tls")]
pub(crate) fn roots(path: &Path) -> io::Result<RootCertStore> {
    let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let pem = fs::read(path)?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(invalid("no certificate is in it".to_owned()));
    }
    Ok(roots)
}
