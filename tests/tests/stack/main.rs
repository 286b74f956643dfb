//! What only a real Collector, Prometheus and Jaeger can prove.

mod dependencies;
mod golden;
mod logs;
mod outage;
mod protocols;
mod runtime;
mod sampling;
mod shutdown;
mod traces;
mod up;
