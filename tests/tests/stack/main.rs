//! What only a real Collector, Prometheus and Jaeger can prove.

mod golden;
