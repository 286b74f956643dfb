//! Who this process is, on everything it sends.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_semantic_conventions::resource::{
    DEPLOYMENT_ENVIRONMENT_NAME, SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_NAMESPACE,
    SERVICE_VERSION,
};

use crate::config::Config;

/// The resource by the semantic conventions; `service.instance.id` is always there, since without it two
/// processes of one service overwrite each other's series at the receiver.
pub(crate) fn resource(config: &Config) -> Resource {
    let service = &config.service;
    let mut attributes: Vec<KeyValue> = config
        .resource_attributes
        .iter()
        .map(|(name, value)| KeyValue::new(name.clone(), value.clone()))
        .collect();
    attributes.push(KeyValue::new(SERVICE_NAME, service.name.clone()));
    attributes.push(KeyValue::new(
        SERVICE_INSTANCE_ID,
        service.instance_id.clone(),
    ));
    let optional = [
        (SERVICE_VERSION, &service.version),
        (SERVICE_NAMESPACE, &service.namespace),
        (DEPLOYMENT_ENVIRONMENT_NAME, &config.environment),
    ];
    for (name, value) in optional {
        attributes.extend(value.clone().map(|value| KeyValue::new(name, value)));
    }
    attributes.push(KeyValue::new("telemetry.sdk.name", "opentelemetry"));
    attributes.push(KeyValue::new("telemetry.sdk.language", "rust"));
    attributes.push(KeyValue::new(
        "telemetry.distro.name",
        env!("CARGO_PKG_NAME"),
    ));
    attributes.push(KeyValue::new(
        "telemetry.distro.version",
        env!("CARGO_PKG_VERSION"),
    ));
    Resource::builder_empty()
        .with_attributes(attributes)
        .build()
}
