//! The variables Kubernetes sets in every container for the Services of its namespace.
//!
//! Those of a Service called `axisor-prometheus` begin like ours:
//! <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>.

use std::ffi::OsStr;

/// Whether the name is one that only Kubernetes would make.
pub(super) fn is_link(variable: &str) -> bool {
    let port = variable.split_once("_PORT_").map(|(_, end)| end);
    variable.ends_with("_SERVICE_HOST")
        || variable.ends_with("_SERVICE_PORT")
        || variable.contains("_SERVICE_PORT_")
        || port.is_some_and(is_numbered)
}

/// Whether the name may be Kubernetes' or somebody's mistake; [`is_address`] of the value tells.
pub(super) fn is_port(variable: &str) -> bool {
    variable.ends_with("_PORT") && !is_link(variable)
}

/// Whether this is a Service's address, as it stands in the variable that [`is_port`].
pub(super) fn is_address(value: &OsStr) -> bool {
    let value = value.to_str().unwrap_or_default();
    let scheme = value.split_once("://").map(|(scheme, _)| scheme);
    matches!(scheme, Some("tcp" | "udp" | "sctp"))
}

/// Whether this goes on like `9090_TCP_ADDR`.
fn is_numbered(end: &str) -> bool {
    let mut words = end.split('_');
    let number = words.next().and_then(|word| word.parse::<u16>().ok());
    number.is_some() && matches!(words.next(), Some("TCP" | "UDP" | "SCTP"))
}
