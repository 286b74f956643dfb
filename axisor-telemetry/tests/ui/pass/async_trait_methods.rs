//! Methods of `async_trait`, in the trait and in its implementations.
#![deny(warnings)]

use async_trait::async_trait;
use axisor_telemetry::{instrument_automation, track_margin_guard};

#[async_trait]
trait Guard {
    async fn protect(&self, plan: String) -> Result<(), String>;

    #[instrument_automation(type = "default")]
    async fn provided(&mut self, plan: &str) -> Result<(), String> {
        self.protect(plan.to_owned()).await?;
        Ok(())
    }
}

struct Margin {
    plan: String,
}

#[async_trait]
impl Guard for Margin {
    #[track_margin_guard(action = "protect", plan = plan)]
    async fn protect(&self, plan: String) -> Result<(), String> {
        if plan == self.plan {
            return Err(plan);
        }
        std::future::ready(()).await;
        Ok(())
    }

    #[track_margin_guard(action = "protect", plan = self.plan)]
    #[allow(clippy::needless_pass_by_value)]
    async fn provided(&mut self, plan: &str) -> Result<(), String> {
        self.plan.push_str(plan);
        Ok(())
    }
}

#[async_trait(?Send)]
trait Local {
    #[instrument_automation(type = "local")]
    async fn run(&self) {
        std::future::ready(std::rc::Rc::new(1)).await;
    }
}

#[async_trait(?Send)]
impl Local for Margin {}

fn send(_: &impl Send) {}

fn main() {
    let mut margin = Margin { plan: String::new() };
    send(&margin.protect(String::new()));
    send(&margin.provided("pro"));
    drop(margin.run());
}
