//! Whose word for a Collector is taken.

use rustls::RootCertStore;

use crate::config::{self, Otlp};

/// The root certificates of `otlp.certificate`, else of the system.
pub(crate) fn roots(otlp: &Otlp) -> Result<RootCertStore, String> {
    let Some(path) = &otlp.certificate else {
        return of_the_system();
    };
    config::roots(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn of_the_system() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let errors = found.errors;
        return Err(format!("the system has no root certificates: {errors:?}"));
    }
    Ok(roots)
}
