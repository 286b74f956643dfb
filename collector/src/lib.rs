//! Runs the stack behind axisor-telemetry: the Collector, Prometheus, Alertmanager and Jaeger, and exporters of what they are to watch.
//!
//! ```no_run
//! use axisor_stack::{Component, Stack};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let stack = Stack::builder().native().free_ports().start().await?;
//! println!("services send to {}", stack.otlp_grpc());
//! stack.kill(Component::Collector).await?;
//! stack.start_again(Component::Collector).await?;
//! stack.down().await?;
//! # Ok(())
//! # }
//! ```
//!
//! | room | what it answers |
//! |---|---|
//! | `component` `components/` | what each program is, how it is started, when it is ready |
//! | `cache` `go` `debian` | where programs come from |
//! | `ports` `place` `site` `watch` `render` `alerting` `haste` | where this stack lives, what it watches, and what is different in its configuration |
//! | `native` `process` · `docker` | how it runs |
//! | [`dashboards`] | Grafana dashboards, made from the catalogue and the rules |
//! | `builder` `stack` | all of it put together, started and stopped |
//! | [`lint`] | what in rules, dashboards and scrape jobs can never work |
//! | `rules` | what is read of a file of rules, for both |

mod alerting;
mod builder;
mod cache;
mod component;
mod components;
pub mod dashboards;
mod debian;
mod docker;
mod error;
mod go;
mod haste;
mod http;
pub mod lint;
mod native;
mod place;
mod ports;
mod process;
mod progress;
mod render;
mod rules;
mod site;
mod stack;
mod tail;
mod watch;

pub use builder::StackBuilder;
pub use cache::{ProvisionError, provision};
pub use component::Component;
pub use debian::DebianError;
pub use docker::DockerError;
pub use error::{ControlError, StartError};
pub use go::GoError;
pub use ports::{Endpoint, UnknownEndpoint};
pub use progress::Progress;
pub use render::RenderError;
pub use site::TailSampling;
pub use stack::Stack;
pub use watch::{Watch, WatchError};
