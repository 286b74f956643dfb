//! Whether metrics are made where they are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::global;

use super::ask::Asker;
use super::{Cause, Finding, Hop};
use crate::Telemetry;
use crate::catalog::{SCOPE, SYSTEM_HEALTH};

/// Begins with no prefix that the Collector lets through, should a push take it along.
const INSTRUMENT: &str = "doctor.global.instrument";

/// A finding if `telemetry` is installed and does not read instruments made with the global meter provider.
pub(super) fn private_provider(telemetry: &Telemetry) -> Option<Finding> {
    let is_read = !telemetry.is_installed() || reads_global(telemetry);
    (!is_read).then(|| Finding::new(Hop::Service, Cause::PrivateProvider))
}

/// An instrument cannot be taken back; once looked for, this one shows nothing any more.
fn reads_global(telemetry: &Telemetry) -> bool {
    let asked = Arc::new(AtomicBool::new(true));
    let is_asked = Arc::clone(&asked);
    let _instrument = global::meter(SCOPE)
        .u64_observable_gauge(INSTRUMENT)
        .with_callback(move |observer| {
            if is_asked.load(Ordering::Relaxed) {
                observer.observe(1, &[]);
            }
        })
        .build();
    let collected = telemetry.collects(INSTRUMENT);
    asked.store(false, Ordering::Relaxed);
    collected
}

/// A finding if the page of a service shows none of this crate's series, or is not to be had.
pub(super) async fn private_page(asker: &Asker, url: &str) -> Option<Finding> {
    let cause = match asker.text(url).await {
        Ok(Some(page)) if page.contains(SYSTEM_HEALTH.name) => return None,
        Ok(Some(_)) => Cause::PrivatePage {
            url: url.to_owned(),
        },
        Ok(None) => Cause::Away {
            url: url.to_owned(),
            reason: "status 404 Not Found".to_owned(),
        },
        Err(away) => away,
    };
    Some(Finding::new(Hop::Service, cause))
}
