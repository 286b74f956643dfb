//! Chapters: the attributes, browsers' page loads, how it is built, how to come from prom-client, and how it compares.

#[doc = include_str!("../guide/attributes.md")]
pub mod attributes {}

#[cfg(feature = "axum")]
#[doc = include_str!("../guide/browsers.md")]
pub mod browsers {}

#[doc = include_str!("../guide/architecture.md")]
pub mod architecture {}

#[doc = include_str!("../guide/from-prom-client.md")]
pub mod from_prom_client {}

#[doc = include_str!("../guide/compared.md")]
pub mod compared {}
