//! Who this process is, on everything it sends.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
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
        .with_detector(Box::new(TelemetryResourceDetector))
        .build()
}

#[cfg(test)]
mod tests {
    use opentelemetry::Key;
    use opentelemetry_sdk::resource::ResourceDetector as _;

    use super::*;
    use crate::config::Loader;

    #[test]
    fn the_sdk_names_itself_whatever_the_attributes_say() {
        let attributes = "telemetry.sdk.name=other,telemetry.sdk.version=0,team=core";
        let loader = Loader::new("axisor-test").without_environment();
        let config = loader.set("resource.attributes", attributes).load();
        let resource = resource(&config.unwrap());
        let value = |name| resource.get(&Key::new(name)).map(|value| value.to_string());
        let of_the_sdk = |name| TelemetryResourceDetector.detect().get(&Key::new(name));
        for name in ["name", "language", "version"] {
            let name = format!("telemetry.sdk.{name}");
            let expected = of_the_sdk(name.clone()).map(|value| value.to_string());
            assert!(expected.is_some(), "{name}");
            assert_eq!(value(name), expected);
        }
        assert_eq!(value("team".to_owned()).as_deref(), Some("core"));
    }
}
