//! One file per component: how it is built, how it is started, when it is ready.

pub(crate) mod alertmanager;
pub(crate) mod collector;
pub(crate) mod exporters;
pub(crate) mod jaeger;
pub(crate) mod prometheus;
