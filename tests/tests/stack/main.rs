//! What only a real Collector, Prometheus and Jaeger can prove.

mod outage;
mod shutdown;
mod traces;
mod up;
