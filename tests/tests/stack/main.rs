//! What only a real Collector, Prometheus and Jaeger can prove.

mod exemplars;
mod golden;
mod joined;
mod logs;
mod outage;
mod protocols;
mod runtime;
mod sampling;
mod shutdown;
mod traces;
mod up;
