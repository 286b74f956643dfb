//! The Collector's page, which holds the series of all services.

use axisor_telemetry::Telemetry;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Identity, View, flush};
use crate::api;
use crate::golden::exposition::{Exposition, Sample};

pub(super) struct CollectorView {
    page: String,
    identity: Identity,
    http: reqwest::Client,
}

impl CollectorView {
    pub(super) fn new(page: String, identity: Identity) -> Self {
        Self {
            page,
            identity,
            http: reqwest::Client::new(),
        }
    }

    async fn see(&self, telemetry: &Telemetry) -> Result<Exposition, String> {
        flush(telemetry).await?;
        let page = api::text(&self.http, &self.page, &[])
            .await
            .map_err(|error| error.to_string())?;
        Ok(own(Exposition::parse(&page), &self.identity))
    }
}

impl View for CollectorView {
    fn look<'a>(
        &'a self,
        telemetry: &'a Telemetry,
    ) -> BoxFuture<'a, Option<Result<Exposition, String>>> {
        self.see(telemetry).map(Some).boxed()
    }
}

/// What the page holds of one service, without the labels that say so.
///
/// `target_info` describes the service, not one of its series, and is dropped at the scrape.
fn own(page: Exposition, identity: &Identity) -> Exposition {
    let mut own = Exposition {
        errors: page.errors,
        ..Exposition::default()
    };
    for (sample, value) in page.samples {
        let (job, instance) = (sample.label("job"), sample.label("instance"));
        match (job == identity.job, instance == identity.instance) {
            (true, true) if sample.name == "target_info" => {}
            (true, true) => own.insert(anonymous(&sample), value),
            (false, false) => {}
            _ => own.errors.push(format!(
                "{sample} has one label of {identity:?} and not the other"
            )),
        }
    }
    own.families = page.families;
    let samples = &own.samples;
    own.families
        .retain(|family, _| samples.keys().any(|sample| sample.is_of(family)));
    own
}

fn anonymous(sample: &Sample) -> Sample {
    sample.without("job").without("instance")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# TYPE a_total counter
a_total{job=\"one\",instance=\"1\",x=\"y\"} 1
a_total{job=\"two\",instance=\"2\",x=\"y\"} 2
# TYPE b gauge
b{job=\"two\",instance=\"2\"} 3
target_info{job=\"one\",instance=\"1\",telemetry_sdk_language=\"rust\"} 1
";

    fn identity() -> Identity {
        Identity {
            job: "one".to_owned(),
            instance: "1".to_owned(),
        }
    }

    #[test]
    fn a_service_has_its_own_samples_and_families_only() {
        let own = own(Exposition::parse(PAGE), &identity());
        assert_eq!(
            own,
            Exposition::parse("# TYPE a_total counter\na_total{x=\"y\"} 1\n")
        );
    }

    #[test]
    fn a_sample_under_half_an_identity_is_an_error() {
        for wrong in [
            "c{job=\"one\"} 1\n",
            "c{instance=\"1\"} 1\n",
            "c{job=\"axisor/one\",instance=\"1\"} 1\n",
        ] {
            let own = own(Exposition::parse(&format!("{PAGE}{wrong}")), &identity());
            assert_eq!(own.errors.len(), 1, "{wrong}");
        }
    }
}
